"""The form for colleagues, and what it answers."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from events import groups
from events.models import Registration, RegistrationGroup, Session, SessionState
from mailing.models import Message
from tests import build
from tests.page import CheckedClient
from tests.portal.test_views import text_of

pytestmark = pytest.mark.django_db

FORM = {
    "name": "An Janssens",
    "email": "an@example.org",
    "organisation_name": "Stad Voorbeeld",
    "comes_too": "on",
    "language": "nl",
    "form_token": "form-1",
    "name_0": "Jan Peeters",
    "email_0": "jan@example.org",
    "name_2": "Bo Smets",
    "email_2": "bo@example.org",
    "name_4": "",
    "email_4": "",
}


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: Any) -> None:
    time_machine.move_to(build.NOW, tick=False)


def address(session: Session) -> str:
    return f"/sessions/{session.slug}/register/colleagues/"


def post(client: Client, session: Session, **typed: str) -> HttpResponse:
    return client.post(address(session), FORM | typed)


def without(*names: str) -> dict[str, str]:
    return {name: text for name, text in FORM.items() if name not in names}


# Registering -------------------------------------------------------------------------------------


def test_form_registers_who_fills_it_in_and_every_row_that_is_not_empty(
    client: CheckedClient,
) -> None:
    session = build.make_session()

    answer = post(client, session)

    group = RegistrationGroup.objects.get()
    people = group.registrations.order_by("pk").values_list(
        "name", "email", "organisation_name", "language"
    )
    assert answer["Location"] == f"/sessions/{session.slug}/registered/"
    assert list(people) == [
        ("An Janssens", "an@example.org", "Stad Voorbeeld", "nl"),
        ("Jan Peeters", "jan@example.org", "Stad Voorbeeld", "nl"),
        ("Bo Smets", "bo@example.org", "Stad Voorbeeld", "nl"),
    ]
    assert (group.requested_by, group.is_together) == ("An Janssens", False)


def test_form_of_who_does_not_come_registers_the_colleagues_only(client: CheckedClient) -> None:
    session = build.make_session()

    client.post(address(session), without("comes_too"))

    emails = session.registrations.values_list("email", flat=True)
    assert set(emails) == {"jan@example.org", "bo@example.org"}


def test_form_keeps_together_who_asked_for_it(client: CheckedClient) -> None:
    session = build.make_session(capacity=2)

    post(client, session, is_together="on")

    assert session.registrations.in_line().count() == 3


def test_form_sent_twice_makes_one_group(client: CheckedClient) -> None:
    session = build.make_session()

    answers = [post(client, session).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert RegistrationGroup.objects.count() == 1
    assert session.registrations.count() == 3


def test_form_holds_thirty_colleagues_and_oneself(client: CheckedClient) -> None:
    session = build.make_session()
    rows = {f"name_{n}": f"Collega {n}" for n in range(31)}
    rows |= {f"email_{n}": f"collega{n}@example.org" for n in range(31)}

    post(client, session, **rows)
    page = client.get(f"/sessions/{session.slug}/registered/")

    assert session.registrations.count() == 31
    assert not session.registrations.filter(email="collega30@example.org").exists()
    assert "31" in text_of(page)


def test_form_starts_with_five_empty_rows_in_the_language_of_the_page() -> None:
    session = build.make_session()

    page = CheckedClient().get(f"/fr{address(session)}").content.decode()

    assert page.count('type="email"') == 1 + 5
    assert '<option value="fr" selected>' in page
    assert "checked" in page  # that one comes too


def test_page_of_the_session_leads_to_the_form(client: CheckedClient) -> None:
    session = build.make_session()

    assert address(session) in client.get(session.get_absolute_url()).content.decode()


# More rows, pasted lines -------------------------------------------------------------------------


def test_more_rows_keep_what_was_typed_and_save_nothing(client: CheckedClient) -> None:
    session = build.make_session()

    answer = client.post(
        address(session),
        without("comes_too") | {"more": "1", "is_together": "on", "email_1": "geen adres"},
    )

    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert page.count('type="email"') == 1 + 10
    for typed in ("An Janssens", "Jan Peeters", "bo@example.org", "geen adres", "form-1"):
        assert f'value="{typed}"' in page
    assert page.count(" checked") == 1  # together, but not: comes too
    assert "errorlist" not in page
    assert not Registration.objects.exists()


def test_more_rows_stop_at_thirty(client: CheckedClient) -> None:
    session = build.make_session()

    page = post(client, session, name_27="", email_27="x", more="1").content.decode()

    assert page.count('type="email"') == 1 + 30
    assert 'name="more"' not in page


PASTED = """\
Cis De Vos <cis@example.org>; "Eva Maes" <eva@example.org>
Fien; fien@example.org
gust@example.org

helemaal geen adres
=cmd|' /C calc'!A0; hostile@example.org
"""


def test_pasted_lines_become_rows_to_check_first(client: CheckedClient) -> None:
    session = build.make_session()

    answer = post(client, session, pasted=PASTED)

    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    for typed in ("Jan Peeters", "Cis De Vos", "Eva Maes", "eva@example.org", "fien@example.org"):
        assert f'value="{typed}"' in page
    assert 'value="gust@example.org"' in page
    assert page.count("helemaal geen adres") == 1
    assert "Niet alles wat u plakte" in page
    assert not Registration.objects.exists()


def test_pasted_lines_beyond_thirty_stay_in_the_field(client: CheckedClient) -> None:
    lines = "\n".join(f"Naam {n}; naam{n}@example.org" for n in range(40))

    answer = post(client, build.make_session(), pasted=lines)

    page = unescape(answer.content.decode())
    assert page.count('type="email"') == 1 + 30
    assert 'value="naam27@example.org"' in page
    assert "Naam 28 <naam28@example.org>\nNaam 29" in page


@pytest.mark.parametrize(
    "text", ["\x00", "@" * 20_000, "a" * 200_000, "<" * 10_000, "x@y" * 9_000, "\u2028@\u0085"]
)
def test_pasted_nonsense_is_no_fault(text: str) -> None:
    # Not checked: the page comes back with characters that no page should hold.
    assert post(Client(), build.make_session(), pasted=text).status_code in {200, 422}


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "an"}, "email"),
        ({"organisation_name": ""}, "organisation_name"),
        ({"email_0": ""}, "email_0"),
        ({"name_0": " "}, "name_0"),
        ({"email_0": "jan"}, "email_0"),
        ({"email_1": '"b p"@example.org', "name_1": "B"}, "email_1"),
        ({"name_2": "Bo\nBcc: x"}, "name_2"),
        ({"name_2": "B" * 151}, "name_2"),
        ({"email_2": "b" * 250 + "@example.org"}, "email_2"),
        ({"email_2": "JAN@example.org"}, "email_2"),
        ({"email_2": "an@example.org"}, "email_2"),
        ({"language": "xx"}, "language"),
        ({"form_token": "x" * 33}, "form_token"),
        ({"name_0": "", "email_0": "", "name_2": "", "email_2": ""}, "name_0"),
    ],
)
def test_form_with_an_error_says_so_next_to_the_row_and_registers_nobody(
    typed: dict[str, str], field: str, client: CheckedClient
) -> None:
    answer = post(client, build.make_session(), **typed)

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert len(answer.context["form"].errors) == 1
    if field != "form_token":
        assert f'id="id_{field}_error"' in page
    assert not RegistrationGroup.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("field", FORM)
def test_form_with_a_nul_byte_is_no_fault(field: str) -> None:
    # No browser sends this, so what comes back need not be sound.
    answer = post(Client(), build.make_session(), **{field: f"{FORM[field]}\0"})

    is_ignored = field == "comes_too"
    assert answer.status_code == (302 if is_ignored else 422)


# Refusals ----------------------------------------------------------------------------------------


def test_form_for_fewer_seats_than_people_keeps_what_was_typed(client: CheckedClient) -> None:
    session = build.make_session(capacity=2, has_waiting_list=False)

    answer = post(client, session)

    assert answer.status_code == 409
    assert "Er zijn nog maar 2 plaatsen vrij" in text_of(answer)
    assert 'value="bo@example.org"' in answer.content.decode()
    assert not Registration.objects.exists()


def test_form_after_the_deadline_keeps_what_was_typed(
    client: CheckedClient, time_machine: Any
) -> None:
    session = build.make_session()
    time_machine.move_to(session.registration_closes_at, tick=False)

    answers = [post(client, session), post(client, session, email="geen adres")]

    for answer in answers:
        assert answer.status_code == 409
        assert "tot en met maandag 7 juni 2027" in text_of(answer)
        assert 'value="bo@example.org"' in answer.content.decode()
    assert not Registration.objects.exists()


def test_form_sent_again_after_the_deadline_gets_the_answer_it_missed(
    client: CheckedClient, time_machine: Any
) -> None:
    session = build.make_session()
    post(client, session)
    time_machine.move_to(session.registration_closes_at + timedelta(seconds=5), tick=False)

    assert post(client, session).status_code == 302


@pytest.mark.parametrize(
    "state", [state for state in SessionState if state is not SessionState.DRAFT]
)
def test_form_is_there_exactly_while_one_can_register(
    state: SessionState, client: CheckedClient
) -> None:
    session = build.make_session_in(state)

    answer = client.get(address(session))

    assert answer.status_code == (200 if state.takes_registrations else 302)


# What the next page tells ------------------------------------------------------------------------


def test_next_page_names_who_was_typed_and_tells_alike_about_who_was_registered() -> None:
    pages = []
    for is_known in (False, True):
        session = build.make_session(title="Sessie", capacity=50)
        if is_known:
            build.make_registration(session, email="jan@example.org")
        client = CheckedClient()
        post(client, session)
        page = client.get(f"/sessions/{session.slug}/registered/").content.decode()
        pages.append(page.replace(session.slug, "…").replace("contact@example.org", "…"))

    assert pages[0] == pages[1]
    assert "jan@example.org" in pages[0]


def test_next_page_of_names_too_long_for_a_cookie_tells_their_number(
    client: CheckedClient,
) -> None:
    session = build.make_session()
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    rows = {f"name_{n}": f"Collega {n}" for n in range(30)}
    rows |= {
        f"email_{n}": f"{letters[n:]}{letters[:n]}{n}@{letters[-n:]}{letters[: n + 5]}.example.org"
        for n in range(30)
    }

    answer = post(client, session, **rows)
    page = client.get(f"/sessions/{session.slug}/registered/")

    assert len(answer.cookies["receipt"].OutputString()) < 4096
    assert "31" in text_of(page)


def test_colleague_of_a_french_form_gets_french_mails() -> None:
    session = build.make_session()
    CheckedClient().post(f"/fr{address(session)}", FORM | {"language": "fr"})

    languages = set(session.registrations.values_list("language", flat=True))

    assert languages == {"fr"}


def test_form_costs_as_many_queries_with_three_registered_as_with_three_hundred() -> None:
    session = build.make_session()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(address(session)).status_code == 200
        return len(queries)

    for _ in range(3):
        build.make_registration(session)
    few = count()
    like = session.registrations.first()
    Registration.objects.bulk_create(
        Registration(
            session=session,
            state="confirmed",
            public_id=f"public-{n}",
            name=like.name,
            email=f"veel{n}@example.org",
            email_key=f"veel{n}@example.org",
            organisation_name="Stad",
            received_at=build.NOW,
            confirmed_at=build.NOW,
        )
        for n in range(297)
    )

    assert count() == few


# One's own page ----------------------------------------------------------------------------------


def test_my_page_tells_ones_place_on_the_waiting_list_in_one_query(client: CheckedClient) -> None:
    user = build.make_user(email="an@example.org")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    client.force_login(user)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/me/")
        assert page.status_code == 200
        return len(queries)

    client.get("/me/")  # makes the calendar
    few = 0
    for number in range(4):
        session = build.make_session(capacity=0)
        for _ in range(number):
            build.make_registration(session)
        build.make_registration(session, email="an@example.org")
        build.make_registration(session)
        few = few or count()

    said = text_of(client.get("/me/"))
    assert [f"Uw plaats: {place}" in said for place in range(1, 6)] == [True] * 4 + [False]
    assert count() == few


def test_my_page_of_who_registered_colleagues_shows_nothing_of_them(client: CheckedClient) -> None:
    session = build.make_session()
    groups.register(
        session,
        [build.applicant("jan@example.org", name="Jan Peeters")],
        requested_by=groups.Requester("An", "an@example.org"),
        is_together=False,
        received_at=build.NOW,
    )
    user = build.make_user(email="an@example.org")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    client.force_login(user)

    with translation.override("nl"):
        page = client.get("/me/").content.decode()

    assert session.title not in page
    assert "jan@example.org" not in page
