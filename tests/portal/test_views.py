"""The first page, the page of a session with its form, and the page of a call."""

import re
from datetime import date, time, timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from accounts.models import Theme
from events import registering
from events.models import Consent, Contribution, Registration, Session, SessionState
from events.rescheduling import When, move
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal.models import Preparation
from tests import build
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Jan Peeters",
    "email": "jan@example.org",
    "organisation_name": "Stad Voorbeeld",
    "job_title": "Projectleider",
    "language": "nl",
    "form_token": "abcdefgh",
}


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(build.NOW, tick=False)


def text_of(response: HttpResponse) -> str:
    """What a page says, without its tags."""
    [main] = re.findall(r"<main.*</main>", response.content.decode(), re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def post(client: Client, session: Session, **changes: str) -> HttpResponse:
    """Send the form of a session."""
    return client.post(f"/sessions/{session.slug}/register/", FORM | changes)


# The page of a session ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [3, 60])
def test_session_page_takes_at_most_six_queries(
    number: int, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    session = build.make_session(capacity=10)
    for minute in range(number):
        item = build.make_agenda_item(
            session, f"14:{minute:02}", f"14:{minute:02}:30", title=f"Deel {minute}"
        )
        build.make_speaker(item, name=f"Spreekster {minute}")
    deadline = build.make_deadline()
    Preparation.objects.create(session=session, call=deadline.call)
    session.programme.consent_texts.create(code="uitnodigen", text="Nodig mij uit.")

    with django_assert_max_num_queries(6):
        page = client.get(session.get_absolute_url())

    assert text_of(page).count("Spreekster") == 2 * number


WORDS = {
    SessionState.NOT_YET_OPEN: ("Not yet open", "maandag 10 mei 2027 om 11u00"),
    SessionState.OPEN: ("Registration open", "tot en met maandag 7 juni 2027"),
    SessionState.WAITING_LIST: ("Waiting list", "wachtlijst"),
    SessionState.FULL: ("Full", "All seats are taken and there is no waiting list."),
    SessionState.CLOSED: ("Registration closed", "tot en met zondag 2 mei 2027"),
    SessionState.RUNNING: ("Going on now", "tot en met zondag 2 mei 2027"),
    SessionState.PAST: ("Past", "This session is over."),
    SessionState.CANCELLED: ("Cancelled", "De spreker is ziek."),
}


@pytest.mark.parametrize("state", WORDS)
def test_session_page_says_the_state_and_why(state: SessionState, client: Client) -> None:
    session = build.make_session_in(state)

    said = text_of(client.get(session.get_absolute_url()))

    word, reason = WORDS[state]
    assert gettext(word) in said
    assert gettext(reason) in said


@pytest.mark.parametrize("state", WORDS)
def test_form_is_there_while_the_session_takes_registrations(
    state: SessionState, client: Client
) -> None:
    session = build.make_session_in(state)

    page = client.get(session.get_absolute_url()).content.decode()

    assert ('name="email"' in page) is (state in {SessionState.OPEN, SessionState.WAITING_LIST})


@pytest.mark.parametrize(
    "state", [state for state in SessionState if not state.takes_registrations]
)
def test_session_that_takes_no_registrations_refuses_a_form_that_was_still_open(
    state: SessionState, client: Client
) -> None:
    session = build.make_session_in(state)

    answer = post(client, session)

    assert answer.status_code == (404 if state is SessionState.DRAFT else 409)
    assert not Registration.objects.exists()
    assert not Message.objects.exists()


def test_registration_is_open_until_the_very_instant_it_closes(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session()
    closes_at = session.registration_closes_at

    time_machine.move_to(closes_at - timedelta(microseconds=1), tick=False)
    in_time = post(client, session)
    time_machine.move_to(closes_at, tick=False)
    too_late = post(client, session, email="laat@example.org", form_token="ijklmnop")

    assert (in_time.status_code, too_late.status_code) == (302, 409)
    assert [row.email for row in Registration.objects.all()] == ["jan@example.org"]


def test_moment_the_form_arrived_is_what_the_registration_keeps(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session()
    moment = session.registration_closes_at - timedelta(seconds=1)
    time_machine.move_to(moment, tick=False)

    post(client, session)

    assert Registration.objects.get().received_at == moment


def test_form_after_the_deadline_shows_what_was_typed_and_why_not(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session()
    time_machine.move_to(session.registration_closes_at + timedelta(minutes=1))

    said = text_of(post(client, session))

    for typed in ("Jan Peeters", "jan@example.org", "Stad Voorbeeld", "Projectleider"):
        assert typed in said
    assert "tot en met maandag 7 juni 2027" in said
    assert "contact@example.org" in said
    assert gettext("See other sessions") in said


def test_unfinished_form_after_the_deadline_shows_what_was_typed_and_why_not(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session()
    time_machine.move_to(session.registration_closes_at + timedelta(minutes=1))

    answer = post(client, session, email="geen adres")

    assert answer.status_code == 409
    said = text_of(answer)
    for typed in ("Jan Peeters", "geen adres", "Stad Voorbeeld"):
        assert typed in said


def test_unfinished_form_for_a_full_session_shows_what_was_typed_and_why_not(
    client: Client,
) -> None:
    session = build.make_session_in(SessionState.FULL)

    answer = post(client, session, email="geen adres")

    assert answer.status_code == 409
    assert "geen adres" in text_of(answer)
    assert gettext("All seats are taken and there is no waiting list.") in text_of(answer)


def test_form_sent_again_after_the_deadline_gets_the_answer_it_missed(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    session = build.make_session()
    time_machine.move_to(session.registration_closes_at - timedelta(seconds=1), tick=False)
    first = post(client, session)
    time_machine.move_to(session.registration_closes_at + timedelta(seconds=5), tick=False)

    second = post(client, session)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.headers["Location"] == second.headers["Location"]
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "Jan\r\nBcc: alle@example.org"),
        ("name", "J" * 151),
        ("email", ""),
        ("email", "jan@"),
        ("email", "jan@example.org, an@example.org"),
        ("email", "jan@example.org\r\nBcc: an@example.org"),
        ("email", "j" * 250 + "@example.org"),
        ("organisation_name", ""),
        ("organisation_name", "Stad\nVoorbeeld"),
        ("job_title", "x" * 151),
        ("language", "xx"),
        ("language", ""),
        ("form_token", "x" * 33),
    ],
)
def test_form_with_an_error_keeps_what_was_typed(field: str, value: str, client: Client) -> None:
    session = build.make_session()

    answer = post(client, session, **{field: value})

    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    for name in {"name", "email", "organisation_name", "job_title"} - {field}:
        assert f'value="{FORM[name]}"' in page
    assert 'role="alert"' in page
    assert not Registration.objects.exists()


@pytest.mark.parametrize("field", FORM)
def test_form_with_a_nul_byte_is_refused(field: str) -> None:
    session = build.make_session()

    # No browser sends this, so what comes back need not be sound.
    answer = post(Client(), session, **{field: f"{FORM[field]}\0"})

    assert answer.status_code == 422
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "Ó Súilleabháin",
        "van den Bossche",
        "Bo",
        "Ng",
        "D’Hondt",
        "D'Hondt",
        "=HYPERLINK(1)",
        "<script>alert(1)</script>",
        "{{ 7 }}{% now %} %s {0}",
        "Ж. Петров",
        "李",
        "J" * 150,
    ],
)
def test_name_is_kept_as_it_was_typed_and_shown_as_text(name: str, client: Client) -> None:
    session = build.make_session()

    post(client, session, name=name)

    registration = Registration.objects.get()
    assert registration.name == name
    page = Client().get(registration.get_absolute_url()).content.decode()
    assert name in unescape(page)
    assert "<script>alert" not in page


def test_form_with_an_error_is_shown_with_its_errors_in_french(client: Client) -> None:
    session = build.make_session()

    answer = client.post(f"/fr/sessions/{session.slug}/register/", FORM | {"email": ""})

    assert answer.status_code == 422
    assert '<html lang="fr">' in answer.content.decode()
    assert "Fill in" not in answer.content.decode()


def test_form_sent_twice_registers_once_with_one_mail_and_one_answer(client: Client) -> None:
    session = build.make_session(capacity=1)

    answers = [post(client, session), post(client, session)]

    assert Registration.objects.count() == 1
    assert Message.objects.count() == 1
    assert [answer.status_code for answer in answers] == [302, 302]
    said = text_of(client.get(answers[1].headers["Location"]))
    assert gettext("You are registered") in said


def test_form_needs_no_cookie(client: Client) -> None:
    session = build.make_session()

    answer = post(CheckedClient(enforce_csrf_checks=True), session)

    assert answer.status_code == 302


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_address_of_the_form_leads_to_the_page(method: str, client: Client) -> None:
    session = build.make_session()

    answer = client.generic(method, f"/fr/sessions/{session.slug}/register/")

    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/fr/sessions/{session.slug}/",
    )


def test_what_somebody_agrees_to_is_kept_and_never_ticked_beforehand(client: Client) -> None:
    session = build.make_session()
    asked = session.programme.consent_texts.create(code="uitnodigen", text="Nodig mij uit.")
    session.programme.consent_texts.create(code="foto", text="Ik mag op de foto.")
    session.programme.consent_texts.create(code="oud", text="Oud", is_asked=False)

    page = client.get(session.get_absolute_url()).content.decode()
    post(client, session, consent_uitnodigen="on", consent_oud="on")

    assert "checked" not in page
    assert [(row.consent_text, row.wording) for row in Consent.objects.all()] == [
        (asked, "Nodig mij uit.")
    ]


def test_moved_session_says_when_it_was_planned(client: Client) -> None:
    session = build.make_session()
    move(
        session,
        When(session.starts_at + build.days(1), session.ends_at + build.days(1)),
        now=build.NOW,
    )

    said = text_of(client.get(session.get_absolute_url()))

    assert "vrijdag 11 juni 2027, 14u00 – 16u30" in said
    assert "donderdag 10 juni 2027 om 14u00" in said


@pytest.mark.parametrize(
    ("role", "is_said_apart"),
    [
        ("Onderzoeker", True),
        ("Onderzoeker, stad voorbeeld", False),
        ("Onderzoeker (SV)", False),
        ("Onderzoeker met SVG", True),
        ("", True),
    ],
)
def test_organisation_of_a_speaker_is_said_once(
    role: str, is_said_apart: bool, client: Client
) -> None:
    session = build.make_session()
    build.make_speaker(build.make_agenda_item(session), name="An Janssens", role=role)
    contribution = Contribution.objects.get()
    contribution.organisation = build.make_organisation(name="Stad Voorbeeld", abbreviation="SV")
    contribution.save()

    page = client.get(session.get_absolute_url()).content.decode()

    assert ('<p class="speaker__text">Stad Voorbeeld</p>' in page) is is_said_apart


def test_times_are_said_in_the_sessions_own_zone(client: Client) -> None:
    session = build.make_session(time_zone="America/New_York")
    build.make_agenda_item(session, "14:05", "14:50")

    said = text_of(client.get(session.get_absolute_url()))

    assert "08u00 – 10u30" in said or "8u00 – 10u30" in said
    assert "8u05" in said
    assert "14u0" not in said


def test_what_an_organiser_writes_is_shown_without_scripts_or_strange_links(
    client: Client,
) -> None:
    nasty = "<script>alert(1)</script> [x](javascript:alert(1)) [y](data:text/html,x) <b>vet</b>"
    session = build.make_session(description=nasty, title="</title><script>alert(2)</script>")
    item = build.make_agenda_item(session, title="<img src=x onerror=alert(3)>")
    build.make_speaker(item, name="<b>An</b>", role='"><script>alert(4)</script>')

    page = client.get(session.get_absolute_url()).content.decode()

    assert "alert(2)" in page
    # What is told to other programs is data, in which no "<" stands.
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert "alert(2)" in told and "<" not in told
    scripts = r'<script(?! src=| type="application/ld\+json">)'
    assert not re.search(rf"{scripts}|<img src=x|<b>|href=.(javascript|data):", page)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_text_in_another_language_than_the_page_is_marked(language: str, client: Client) -> None:
    session = build.make_session(title_nl="Enkel Nederlands")

    page = client.get(f"/{language}/sessions/{session.slug}/").content.decode()

    assert f'<html lang="{language}">' in page
    assert re.search(r'<h1[^>]* lang="nl"[^>]*>Enkel Nederlands</h1>', page)


# What the answer tells of others -----------------------------------------------------------------


def answers_to(session: Session, email: str) -> list[tuple[int, str, dict[str, object]]]:
    """All that somebody who sends the form sees, without what they typed themselves."""
    client = CheckedClient()
    answer = post(client, session, email=email, form_token=email[:8])
    pages = [answer]
    if answer.status_code == 302:
        pages.append(client.get(answer.headers["Location"]))
    seen = []
    for page in pages:
        said = page.content.decode().replace(email, "…").replace(email[:8], "…")
        names = sorted(set(page.headers) - {"Content-Length", "X-Request-ID"})
        seen.append((page.status_code, said, {name: page.headers[name] for name in names}))
    assert all(set(page.cookies) <= {"receipt"} for page in pages)
    return seen


@pytest.mark.parametrize("waiting", [0, 3])
@pytest.mark.parametrize(
    "fields",
    [
        {"capacity": None},
        {"capacity": 100},
        {"capacity": 1},
        {"capacity": 1, "has_waiting_list": False},
        {"capacity": 0},
    ],
    ids=["unlimited", "free", "full", "full without list", "no seats"],
)
def test_answer_does_not_tell_whether_an_address_is_registered(
    fields: dict[str, object], waiting: int
) -> None:
    session = build.make_session(**fields)
    has_line = fields.get("has_waiting_list", True)
    if has_line or fields["capacity"]:
        build.make_registration(session, email="bekend01@example.org")
    for _number in range(waiting if has_line else 0):
        build.make_registration(session)

    known = answers_to(session, "bekend01@example.org")
    unknown = answers_to(session, "onbekend@example.org")

    assert known == unknown


def test_known_address_gets_its_mail_again_and_nothing_new(client: Client) -> None:
    session = build.make_session()
    registration = build.make_registration(session, email="jan@example.org")
    before = Registration.objects.values().get()

    post(client, session, email="JAN@Example.ORG", name="Iemand Anders")

    assert Registration.objects.values().get() == before
    assert [message.object_id for message in Message.objects.all()] == [registration.pk] * 2


def test_somebody_elses_address_typed_again_and_again_gets_few_mails(
    time_machine: TimeMachineFixture,
) -> None:
    session = build.make_session()

    for second in range(30):
        time_machine.move_to(build.NOW + timedelta(minutes=second), tick=False)
        post(Client(), session, form_token=f"token{second}")

    assert Message.objects.count() <= 2


def test_receipt_of_one_session_says_nothing_on_another(client: Client) -> None:
    session, other = build.make_session(), build.make_session()
    post(client, session)

    assert "jan@example.org" in text_of(client.get(f"/sessions/{session.slug}/registered/"))
    assert "jan@example.org" not in text_of(client.get(f"/sessions/{other.slug}/registered/"))


@pytest.mark.parametrize("receipt", ["", "x", "a:b:c", "é:é:é", ":" * 50, "eyJ9:1:x", "\\000"])
def test_forged_receipt_is_no_receipt(receipt: str, client: Client) -> None:
    session = build.make_session()
    bare = client.get(f"/sessions/{session.slug}/registered/")
    client.cookies["receipt"] = receipt

    answer = client.get(f"/sessions/{session.slug}/registered/")

    assert (answer.status_code, answer.content) == (200, bare.content)


def test_receipt_is_kept_from_scripts_caches_and_other_sites(client: Client) -> None:
    session = build.make_session()

    answer = post(client, session)

    cookie = answer.cookies["receipt"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 3600)
    page = client.get(answer.headers["Location"])
    assert "no-store" in page.headers["Cache-Control"]


# Input that no form sends ------------------------------------------------------------------------


def test_gigantic_body_is_refused(client: Client) -> None:
    session = build.make_session()

    answer = post(client, session, name="x" * 3_000_000)

    assert answer.status_code in {400, 413}
    assert not Registration.objects.exists()


def test_body_with_ten_thousand_fields_is_refused(client: Client) -> None:
    session = build.make_session()

    answer = client.post(
        f"/sessions/{session.slug}/register/", {f"field{number}": "" for number in range(10_000)}
    )

    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"\x00\xff\xfe", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b'{"name": 1}', "application/json"),
        (b"name=%FF%FE&email=%00", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"name=%ED%A0%80&email=x", "application/x-www-form-urlencoded; charset=nonsense"),
    ],
)
def test_body_that_is_no_form_is_refused(body: bytes, content_type: str, client: Client) -> None:
    session = build.make_session()

    answer = client.generic(
        "POST", f"/sessions/{session.slug}/register/", body, content_type=content_type
    )

    assert answer.status_code in {400, 415, 422}
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "/sessions/%00/",
        "/sessions/a%00b/",
        "/sessions/%ED%A0%80/",
        "/sessions/%FF/",
        "/sessions/..%2f..%2fetc/",
        "/sessions/" + "a" * 5000 + "/",
        "/deadlines/%00/",
        "/deadlines/a%00/",
        "/sessions/'%22;--/",
        "/%2F%2Fevil.example/",
        "/%5B",
        "/fr/%00",
        "/xx/sessions/",
        "/sessions//",
    ],
)
def test_strange_address_is_not_found(address: str, client: Client) -> None:
    assert client.get(address).status_code == 404


# The first page ----------------------------------------------------------------------------------


def count_queries(client: Client, address: str) -> int:
    """How many queries an address takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_first_page_takes_as_many_queries_for_three_sessions_as_for_thirty(
    client: Client,
) -> None:
    programme = build.make_programme()
    theme = Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="Ethiek")
    for _number in range(3):
        build.make_session(programme=programme).themes.add(theme)
        build.make_deadline()
    few = count_queries(client, "/")
    for _number in range(27):
        build.make_session(programme=programme).themes.add(theme)
        build.make_deadline()

    assert count_queries(client, "/") == few


def test_first_page_shows_the_next_sessions_and_deadlines_first(client: Client) -> None:
    later = build.make_session(title="Later", starts_at=build.at("15:00"))
    build.make_session(title="Vroeger")
    build.make_session_in(SessionState.PAST, title="Geweest")
    build.make_session_in(SessionState.DRAFT, title="Geheim")
    deadline = build.make_deadline()

    said = text_of(client.get("/"))

    assert said.index("Vroeger") < said.index(later.title)
    assert "Geweest" not in said
    assert "Geheim" not in said
    assert deadline.call.title in said


def test_first_page_shows_cancelled_sessions_last(client: Client) -> None:
    build.make_session_in(SessionState.CANCELLED, title="Geannuleerde")
    build.make_session(title="Later", starts_at=build.at("15:00"))

    said = text_of(client.get("/"))

    assert said.index("Later") < said.index("Geannuleerde")
    assert said.index(gettext("View and register")) < said.index("Geannuleerde")


def test_first_page_with_only_a_cancelled_session_asks_nobody_to_come(client: Client) -> None:
    build.make_session_in(SessionState.CANCELLED, title="Geannuleerde")

    page = client.get("/").content.decode()

    assert "Geannuleerde" in page
    assert "card--large" not in page


def test_first_page_names_the_themes_of_public_sessions_only(client: Client) -> None:
    for number, (title, state) in enumerate(
        [
            ("Gepland", SessionState.OPEN),
            ("Geweest", SessionState.PAST),
            ("Geheim", SessionState.DRAFT),
        ]
    ):
        theme = Theme.objects.create(
            number=number, code=title.lower(), title=title, short_title=title
        )
        build.make_session_in(state).themes.add(theme)
    Theme.objects.create(number=9, code="leeg", title="Leeg", short_title="Leeg")

    page = unescape(client.get("/").content.decode())

    found = re.findall(r'href="/sessions/\?theme=(.+?)"', page)
    assert found == ["gepland", "geweest&period=past"]


def test_first_page_without_coming_sessions_shows_the_latest(client: Client) -> None:
    build.make_session_in(SessionState.PAST, title="Geweest")
    build.make_session_in(SessionState.DRAFT, title="Geheim")

    said = text_of(client.get("/"))

    assert "Geweest" in said
    assert "Geheim" not in said


def test_first_page_of_an_empty_site_says_so(client: Client) -> None:
    sentence = (
        "No session is planned right now. New ones appear here as soon as they are announced."
    )
    assert gettext(sentence) in text_of(client.get("/"))


# Languages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "language"), [("/", "nl"), ("/fr/", "fr"), ("/en/", "en"), ("/fr/guessed/", "fr")]
)
def test_address_decides_the_language(address: str, language: str) -> None:
    client = CheckedClient(headers={"accept-language": "de, en;q=0.5"})

    page = client.get(address).content.decode()

    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("language", ["fr", "en"])
def test_page_links_to_itself_in_every_language(language: str, client: Client) -> None:
    session = build.make_session()

    page = client.get(f"/{language}/sessions/{session.slug}/?a=1").content.decode()

    for prefix in ("", "/fr", "/en"):
        assert f'href="{prefix}/sessions/{session.slug}/?a=1"' in page


def test_address_that_leads_nowhere_links_to_the_first_page_in_every_language(
    client: Client,
) -> None:
    page = client.get("/fr/guessed/").content.decode()

    switch = re.search(r'class="language-switch".*?</nav>', page, re.DOTALL)
    assert switch
    assert re.findall(r'href="([^"]+)"', switch[0]) == ["/", "/fr/", "/en/"]


@pytest.mark.parametrize("address", ["/", "/deadlines/", "/sessions/", "/guessed/"])
def test_head_answers_as_get_without_a_body(address: str, client: Client) -> None:
    get, head = client.get(address), client.head(address)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


# The page of a call ------------------------------------------------------------------------------


def test_call_names_the_published_sessions_that_prepare_for_it(client: Client) -> None:
    call = build.make_deadline().call
    for state in (SessionState.OPEN, SessionState.DRAFT):
        Preparation.objects.create(
            session=build.make_session_in(state, title=f"Sessie {state}"), call=call
        )

    said = text_of(client.get(call.get_absolute_url()))

    assert "Sessie open" in said
    assert "Sessie draft" not in said


def test_call_page_takes_as_many_queries_for_one_session_as_for_ten(client: Client) -> None:
    call = build.make_deadline().call
    Preparation.objects.create(session=build.make_session(), call=call)
    few = count_queries(client, call.get_absolute_url())
    for _number in range(9):
        Preparation.objects.create(session=build.make_session(), call=call)

    assert count_queries(client, call.get_absolute_url()) == few


def test_deadline_of_a_call_is_past_from_the_very_instant_it_closes(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    closing = Closing.from_local(Edge.BEFORE_TIME, date(2027, 6, 20), time(12), BRUSSELS)
    call = build.make_deadline(closing=closing).call

    time_machine.move_to(closing.closes_at - timedelta(microseconds=1), tick=False)
    before = text_of(client.get(call.get_absolute_url()))
    time_machine.move_to(closing.closes_at, tick=False)
    after = text_of(client.get(call.get_absolute_url()))

    assert "vandaag" in before
    assert "vandaag" not in after
    assert "voorbij" in after.lower()


def test_deadline_at_the_end_of_a_day_is_said_on_that_day(client: Client) -> None:
    call = build.make_deadline().call

    said = text_of(client.get(call.get_absolute_url()))

    assert "uiterlijk vrijdag 24 september 2027 om 24u00" in said
    assert "25 september" not in said


def test_unconfirmed_deadline_says_so(client: Client) -> None:
    call = build.make_deadline(is_confirmed=False).call

    said = text_of(client.get(call.get_absolute_url()))

    assert gettext("This date is still to be confirmed.") in said


def test_past_deadline_does_not_wait_for_its_confirmation(client: Client) -> None:
    closing = Closing(Edge.AT_TIME, build.NOW - build.days(1), BRUSSELS)
    call = build.make_deadline(closing=closing, is_confirmed=False).call

    said = text_of(client.get(call.get_absolute_url()))

    assert gettext("This date is still to be confirmed.") not in said


@pytest.mark.parametrize(
    ("day", "kind", "is_awaited"),
    [(-1, "submission", True), (1, "submission", False), (1, "decision", True)],
)
def test_recurring_call_says_that_its_next_deadline_is_not_known(
    day: int, kind: str, is_awaited: bool, client: Client
) -> None:
    closing = Closing(Edge.AT_TIME, build.NOW + build.days(day), BRUSSELS)
    call = build.make_deadline(closing=closing, kind=kind).call
    call.kind = "recurring"
    call.save()

    said = text_of(client.get(call.get_absolute_url()))

    assert (gettext("The next deadline is not known yet.") in said) is is_awaited


def test_awarded_call_without_dates_does_not_speak_of_them(client: Client) -> None:
    call = build.make_deadline().call
    call.deadlines.all().delete()
    before = text_of(client.get(call.get_absolute_url()))
    call.kind = "awarded"
    call.save()

    after = text_of(client.get(call.get_absolute_url()))

    sentence = gettext("No date has been announced for this call.")
    assert (sentence in before, sentence in after) == (True, False)


def test_waiting_list_tells_how_many_wait(client: Client) -> None:
    session = build.make_session_in(SessionState.WAITING_LIST)
    build.make_registration(session)
    registering.register(session, build.applicant(), received_at=build.NOW)

    assert "2 personen" in text_of(client.get(session.get_absolute_url()))


def test_body_too_large_to_read_is_refused_before_anything_is_done(client: CheckedClient) -> None:
    session = build.make_session()

    answer = client.generic(
        "POST",
        f"/sessions/{session.slug}/register/",
        "x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="60000000",
    )

    assert answer.status_code == 413
