"""The mail after a session: to whom, what it says, and once."""

import pytest
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import AuditEntry
from events import afterwards, materials
from events.ledger import Progress
from events.messages import AFTERWARDS
from events.models import Material, Presence, Registration, Session
from mailing.letters import NotWanted
from mailing.models import Message
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return build.make_session(capacity=2)


@pytest.fixture
def people(session: Session) -> dict[str, Registration]:
    """Somebody who was there, somebody who was not, and somebody without a seat."""
    rows = {name: build.make_registration(session) for name in ("there", "away", "waiting")}
    Presence.objects.create(
        registration=rows["there"], state="present", how="online", marked_at=build.NOW
    )
    Presence.objects.create(registration=rows["away"], state="absent", marked_at=build.NOW)
    return rows


@pytest.fixture
def recording(session: Session) -> Material:
    url = "https://video.example.org/opname"
    row = materials.add_link(session, title="De opname", url=url, by=SYSTEM, now=build.NOW)
    materials.set_shown(row, is_shown=True, by=SYSTEM, now=build.NOW)
    return row


def tell(session: Session, *, only_present: bool) -> list[int]:
    """Send it after the session; about whom mails are there then."""
    afterwards.tell(session, only_present=only_present, by=SYSTEM, now=session.ends_at)
    mails = Message.objects.filter(kind=AFTERWARDS).order_by("pk")
    return list(mails.values_list("object_id", flat=True))


def letter_to(row: Registration) -> tuple[str, list[str]]:
    message = Message.objects.get(kind=AFTERWARDS, object_id=row.pk)
    letter = afterwards.compose(message, row.session.ends_at)
    return str(letter.opening[0]), [fact[2] for fact in letter.facts if len(fact) == 3]


def test_first_to_who_was_there_then_to_the_others_and_to_nobody_twice(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    there, away = people["there"].pk, people["away"].pk

    told = [tell(session, only_present=only) for only in (True, True, False, False)]

    assert told == [[there], [there], [there, away], [there, away]]
    entries = AuditEntry.objects.filter(action="circular.sent").order_by("pk")
    assert [entry.details for entry in entries] == [{"mails": 1}, {"mails": 1}]


def test_only_who_was_there_finds_a_certificate_in_it(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    tell(session, only_present=False)

    thanks, links = letter_to(people["there"])
    plain, fewer = letter_to(people["away"])

    assert thanks.startswith("Bedankt voor uw deelname.")
    assert fewer == [recording.url]
    assert links[0] == recording.url
    assert links[1].endswith(people["there"].get_certificate_url())
    assert not plain.startswith("Bedankt")


def test_nothing_is_told_before_the_end_nor_while_nothing_is_shown(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    early = afterwards.tell(session, only_present=False, by=SYSTEM, now=build.NOW)
    materials.set_shown(recording, is_shown=False, by=SYSTEM, now=build.NOW)

    assert (early, tell(session, only_present=False)) == (0, [])


def test_mail_is_not_wanted_once_the_material_is_hidden(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    tell(session, only_present=True)
    materials.set_shown(recording, is_shown=False, by=SYSTEM, now=build.NOW)

    with pytest.raises(NotWanted):
        letter_to(people["there"])


def test_organiser_sees_the_mail_and_to_how_many_before_it_leaves(
    session: Session,
    people: dict[str, Registration],
    recording: Material,
    client: CheckedClient,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(session.ends_at)
    client.force_login(build.make_organiser(session.programme))
    address = reverse("events:tell-materials", args=[session.slug])

    asked = client.get(address).content.decode()
    none_yet = Message.objects.filter(kind=AFTERWARDS).count()
    client.post(address, {"whom": "seated"})

    assert "De opname" in asked
    assert "(1)" in asked
    assert "(2)" in asked
    assert people["there"].managing_code not in asked
    assert none_yet == 0
    assert Message.objects.filter(kind=AFTERWARDS).count() == 2


def test_what_has_not_left_is_taken_back_and_can_be_sent_again(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    there, away = people["there"], people["away"]
    tell(session, only_present=False)
    gone = Message.objects.filter(object_id=there.pk, kind=AFTERWARDS)
    gone.update(state="sent", closed_at=session.ends_at)
    assert afterwards.progress(session) == Progress(total=2, waiting=1)

    taken_back = afterwards.take_back(session, by=SYSTEM, now=session.ends_at)

    assert taken_back == 1
    assert afterwards.progress(session) == Progress(total=1, waiting=0)
    assert AuditEntry.objects.filter(action="circular.withdrawn").count() == 1
    assert afterwards.take_back(session, by=SYSTEM, now=session.ends_at) == 0
    later = session.ends_at + build.days(1)
    again = afterwards.tell(session, only_present=False, by=SYSTEM, now=later)
    assert again == 1
    waiting = Message.objects.get(kind=AFTERWARDS, state="waiting")
    assert (waiting.object_id, waiting.due_at, waiting.closed_at) == (away.pk, later, None)


def test_page_tells_how_far_the_mails_are_and_stops_them(
    session: Session, people: dict[str, Registration], recording: Material
) -> None:
    tell(session, only_present=False)
    client = CheckedClient()
    client.force_login(build.make_organiser(session.programme))
    page = reverse("events:materials", kwargs={"slug": session.slug})

    told = client.get(f"{page}tell/progress/").json()
    answer = client.post(f"{page}tell/withdraw/", follow=True).content.decode()

    assert (told["done"], told["total"], told["waiting"]) == (0, 2, 2)
    assert "2 mails zijn ingetrokken" in answer
    assert "data-progress" not in answer
