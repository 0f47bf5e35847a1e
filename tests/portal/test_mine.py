from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from time_machine import TimeMachineFixture

from accounts.models import Theme, User
from events import registering, rescheduling
from events.models import Registration
from events.rescheduling import When
from portal import mine
from procurement.models import Call
from tests.build import (
    NOW,
    days,
    make_call,
    make_deadline,
    make_registration,
    make_session,
    make_user,
)
from tests.interop.readers import read_with_vobject
from tests.page import CheckedClient
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def user() -> User:
    """Somebody with one address that is proved and one that is not."""
    person = make_user(email="an@example.org")
    EmailAddress.objects.create(user=person, email="an@example.org", verified=True, primary=True)
    EmailAddress.objects.create(user=person, email="ander@example.org", verified=False)
    return person


def feed(user: User) -> list[str]:
    """The titles of what stands in somebody's own calendar."""
    entries = read_with_vobject(mine.personal_feed(user, now=NOW))
    return sorted(str(entry["summary"]).rpartition(": ")[2] for entry in entries)


def test_own_page_shows_what_proved_addresses_follow(client: CheckedClient, user: User) -> None:
    make_follow(email="AN@example.org", call=make_call(title="Van mij"))
    make_follow(email="an@example.org", call=make_call(title="Niet bevestigd"), confirmed_at=None)
    make_follow(email="ander@example.org", call=make_call(title="Niet bewezen"))
    client.force_login(user)

    shown = client.get("/me/").content.decode()

    assert "Van mij" in shown
    assert "Niet bevestigd" not in shown
    assert "Niet bewezen" not in shown


def test_own_page_without_anything_followed_leads_to_following(
    client: CheckedClient, user: User
) -> None:
    client.force_login(user)

    assert 'href="/follow/"' in client.get("/me/").content.decode()


def test_own_calendar_holds_the_deadlines_that_are_followed(user: User) -> None:
    theme = Theme.objects.create(number=1, code="ethiek", title="E", short_title="E")
    make_deadline(call=make_call(title="Anders"))
    make_deadline(call=make_call(title="Thema")).call.themes.add(theme)
    call = make_deadline(call=make_call(title="Oproep van mij")).call
    call.themes.add(theme)
    before = feed(user)

    make_follow(email="an@example.org", theme=theme)
    make_follow(email="an@example.org", call=call)

    assert before == []
    assert feed(user) == ["Oproep van mij", "Thema"]


def test_own_calendar_of_who_follows_everything_holds_all_but_drafts(user: User) -> None:
    make_deadline(call=make_call(title="Klad", status=Call.Status.DRAFT))
    make_deadline(call=make_call(title="Geannuleerd", status=Call.Status.CANCELLED))
    make_deadline(call=make_call(title="Open"))
    make_follow(email="an@example.org")

    assert feed(user) == ["Geannuleerd", "Open"]


def test_own_calendar_lets_go_of_what_is_past_for_a_month(user: User) -> None:
    deadline = make_deadline()
    make_follow(email="an@example.org")
    later = deadline.closes_at + days(30)

    assert len(read_with_vobject(mine.personal_feed(user, now=later - days(0.1)))) == 1
    assert read_with_vobject(mine.personal_feed(user, now=later)) == []


# What changed since a calendar was fetched --------------------------------------------------------


def changes(user: User, since: datetime) -> list[tuple[str, str]]:
    """What is told of each entry that is otherwise than at a moment, and its title."""
    found = mine.changes_since(user, since, now=since + days(1))
    return [(str(what), entry.summary.rpartition(": ")[2]) for what, entry in found]


def test_calendar_that_was_fetched_just_now_has_everything(user: User) -> None:
    make_registration(make_session(), email="an@example.org")
    make_deadline()
    make_follow(email="an@example.org")

    assert changes(user, NOW + days(1)) == []


def test_calendar_tells_what_came_in_moved_or_was_cancelled_since(
    user: User, time_machine: TimeMachineFixture
) -> None:
    old = {name: make_session(title=name) for name in ("Blijft", "Schuift", "Gaat niet door")}
    for session in old.values():
        make_registration(session, email="an@example.org")
    left = make_registration(make_session(title="Ik kom niet"), email="an@example.org")
    call = make_deadline(call=make_call(title="Gevolgd")).call
    stays = make_deadline(call=make_call(title="Blijft staan")).call
    make_follow(email="an@example.org", call=stays)
    fetched_at = NOW + days(1)

    now = fetched_at + days(0.1)
    time_machine.move_to(now, tick=False)
    moved = old["Schuift"]
    rescheduling.move(moved, When(moved.starts_at + days(1), moved.ends_at + days(1)), now=now)
    rescheduling.cancel_session(old["Gaat niet door"], now=now)
    registering.cancel(left, now=now, by=Registration.CancelledBy.OWNER)
    make_registration(make_session(title="Nieuw"), email="an@example.org", now=now)
    make_follow(email="an@example.org", call=call, confirmed_at=now)

    assert sorted(changes(user, fetched_at)) == [
        ("cancelled", "Gaat niet door"),
        ("cancelled", "Ik kom niet"),
        ("changed", "Schuift"),
        ("new", "Gevolgd"),
        ("new", "Nieuw"),
    ]


def test_own_page_tells_when_the_calendar_was_fetched_and_what_changed_since(
    client: CheckedClient, user: User, time_machine: TimeMachineFixture
) -> None:
    make_registration(make_session(title="Al lang"), email="an@example.org")
    client.force_login(user)
    address = mine.calendar_of(user).get_absolute_url()

    before = client.get("/me/").content.decode()
    client.head(address)
    after_head = client.get("/me/").content.decode()
    client.get(address)
    time_machine.move_to(NOW + days(1), tick=False)
    quiet = client.get("/me/").content.decode()
    make_registration(make_session(title="Pas bij"), email="an@example.org", now=NOW + days(1))
    changed = client.get("/me/").content.decode()

    assert "Nog niet opgehaald" in before
    assert "Nog niet opgehaald" in after_head
    assert "Laatst opgehaald" in quiet
    assert "Sindsdien veranderde er niets" in quiet
    assert "Pas bij</a>" not in quiet
    assert "(nieuw)" in changed
