"""How each kind of mail of a session reads, and the organisers' own paragraph in it."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from events import cloning, editing, history, messages, registering, showing
from events.models import Registration, Session, SessionVersion
from mailing.letters import render
from mailing.models import Message
from tests import build
from tests.build import LINK, NOW, make_registration, make_session
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

KINDS = messages.WITH_PARAGRAPH
TEXTS = {"nl": "Breng {naam} mee.", "fr": "Apportez {nom}."}


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def add(session: Session, kind: str, texts: dict[str, str] = TEXTS) -> None:
    editing.save_paragraph(session, kind, texts, by=SYSTEM, now=NOW)
    session.refresh_from_db()


def read(session: Session, kind: str, language: str = "nl") -> tuple[str, str]:
    """The mail of a kind as somebody reads it, as text and as HTML."""
    reader = showing.fitting_reader(session, kind, language)
    return render(showing.letter_of_kind(reader, kind, NOW))


# In the mails ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_own_paragraph_stands_in_its_kind_of_mail_alone_below_the_facts(kind: str) -> None:
    session = make_session(link=LINK)
    make_registration(session, name="An Peeters")
    add(session, kind)

    for each in KINDS:
        plain, html = read(session, each)
        assert ("Breng An Peeters mee." in plain) is (each == kind)
        assert ("Breng An Peeters mee." in html) is (each == kind)
    plain, _html = read(session, kind)
    assert plain.index("Waar:") < plain.index("Breng An Peeters mee.")


def test_paragraph_stands_in_the_real_mail_and_in_the_one_sent_again() -> None:
    session = make_session()
    add(session, messages.REGISTERED)
    registration = make_registration(session, name="Zoé", language="fr")
    registering.send_again(registration, now=NOW)

    for kind in (messages.REGISTERED, messages.AGAIN):
        message = Message.objects.get(kind=kind, object_id=registration.pk)
        assert "Apportez Zoé." in render(messages.compose(message, NOW))[0]


def test_reader_of_another_language_gets_it_with_a_sentence_that_says_so() -> None:
    session = make_session()
    add(session, messages.REGISTERED, {"nl": "Breng iets mee."})

    plain, html = read(session, messages.REGISTERED, "en")

    assert "The organiser wrote the following in Dutch only.\n\nBreng iets mee." in plain
    assert re.search(r'<div class="written" lang="nl"[^>]*>', html)


def test_paragraph_costs_a_mail_no_query() -> None:
    def queries(session: Session) -> int:
        message = Message.objects.get(object_id=make_registration(session).pk)
        with CaptureQueriesContext(connection) as captured:
            messages.compose(message, NOW)
        return len(captured)

    without, having = make_session(), make_session()
    add(having, messages.REGISTERED)

    assert queries(without) == queries(having)


# As the organiser sees them ----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["nobody", "confirmed", "waiting", "cancelled", "group"])
def test_every_kind_can_be_shown_whoever_is_registered(
    kind: str, language: str, state: str
) -> None:
    session = make_session(link=LINK, capacity=0 if state == "waiting" else 5)
    if state != "nobody":
        row = make_registration(session)
    if state == "cancelled":
        registering.cancel(row, now=NOW, by=Registration.CancelledBy.OWNER)
    before = list(Registration.objects.values_list()), Message.objects.count()

    reader = showing.fitting_reader(session, kind, language)
    letter = showing.letter_of_kind(reader, kind, NOW)
    plain, html = render(showing.blotted(letter, reader))

    assert letter.language == language
    for code in (reader.managing_code, reader.joining_code, reader.public_id):
        assert code not in plain + html
    assert (list(Registration.objects.values_list()), Message.objects.count()) == before
    assert ": 0." not in plain


def test_reader_is_one_of_those_whom_the_mail_is_for_and_who_reads_the_language() -> None:
    session = make_session(capacity=2)
    make_registration(session, name="An")
    make_registration(session, name="Zoé", language="fr")
    make_registration(session, name="Wout wacht")

    assert showing.fitting_reader(session, messages.WAITING, "nl").name == "Wout wacht"
    assert showing.fitting_reader(session, messages.REGISTERED, "nl").name == "An"
    assert showing.fitting_reader(session, messages.WAITING, "fr").name == "Zoé"


# Kept with the session ---------------------------------------------------------------------------


def test_paragraph_is_a_version_and_can_be_put_back() -> None:
    session = make_session()
    add(session, messages.REGISTERED)
    first = SessionVersion.objects.filter(session=session).latest("number")
    add(session, messages.REGISTERED, {"nl": "Anders."})
    second = SessionVersion.objects.filter(session=session).latest("number")

    [difference] = history.differences(first.content, second.content)
    editing.put_back(session, first, by=SYSTEM, now=NOW)

    assert difference.label == "Eigen alinea’s in mails"
    assert difference.after == ["bevestiging van de inschrijving (Nederlands): Anders."]
    session.refresh_from_db()
    assert session.mail_paragraphs == {messages.REGISTERED: TEXTS}
    logged = AuditEntry.objects.filter(action=Action.SESSION_CHANGED)
    assert [entry.details["fields"] for entry in logged] == [["mail_paragraphs"]] * 3


def test_same_text_makes_no_version_and_none_takes_the_paragraph_away() -> None:
    session = make_session()
    add(session, messages.REGISTERED)
    add(session, messages.REGISTERED)
    number = SessionVersion.objects.count()

    add(session, messages.REGISTERED, {"nl": ""})

    assert (number, session.mail_paragraphs) == (2, {})


def test_version_of_before_there_were_paragraphs_differs_in_nothing() -> None:
    session = make_session()
    content = history.content_of(session)
    older = {name: value for name, value in content.items() if name != "mail_paragraphs"}

    assert history.changed_names(older, content) == []


def test_copies_take_the_paragraphs_along() -> None:
    session = make_session()
    add(session, messages.LINK)

    [made] = cloning.clone(session, [session.starts_at.date()], by=SYSTEM, now=NOW)

    assert made.mail_paragraphs == {messages.LINK: TEXTS}


def test_paragraph_leaves_calendars_as_they_were() -> None:
    session = make_session()
    before = session.changed_at, session.sequence

    add(session, messages.REGISTERED)

    assert (session.changed_at, session.sequence) == before


# Pages -------------------------------------------------------------------------------------------


@pytest.fixture
def session() -> Session:
    return make_session(link=LINK)


@pytest.fixture
def desk(session: Session) -> Client:
    client = CheckedClient()
    client.force_login(build.make_organiser(session.programme))
    return client


def address(session: Session, end: str = "") -> str:
    return f"/organise/sessions/{session.slug}/mail/texts/{end}"


def test_text_is_looked_at_first_and_then_saved(session: Session, desk: Client) -> None:
    registration = make_registration(session, name="An Peeters")
    page = desk.get(address(session, "registered/"))
    form = sent_by(forms_on(page)[-1]) | {"text_nl": "Breng {naam} mee, {{ naam }} {nom_} {nam}"}

    looked = unescape(
        desk.post(address(session, "registered/"), form | {"step": "look"}).content.decode()
    )
    session.refresh_from_db()
    unsaved = session.mail_paragraphs
    saved = desk.post(address(session, "registered/"), form)
    again = unescape(desk.get(saved.headers["Location"]).content.decode())

    assert unsaved == {}
    assert "Breng An Peeters mee, {{ naam }} {nom_} {nam}" in looked
    assert "Breng An Peeters mee" in again
    assert "{nam}" in again
    for shown in (page.content.decode(), looked, again):
        assert registration.managing_code not in shown
        assert registration.joining_code not in shown
    [framed] = re.findall(r'<iframe[^>]* src="([^"]+)"', again)
    client = Client()
    client.cookies = desk.cookies
    html = client.get(framed).content.decode()
    assert "Breng An Peeters mee" in html
    assert registration.managing_code not in html


def test_two_organisers_at_once_are_asked_which_text_stays(session: Session, desk: Client) -> None:
    form = sent_by(forms_on(desk.get(address(session, "link/")))[-1])

    assert desk.post(address(session, "link/"), form | {"text_nl": "Van de ene"}).status_code == 302
    clash = desk.post(address(session, "link/"), form | {"text_nl": "Van de andere"})

    assert clash.status_code == 409
    session.refresh_from_db()
    assert session.mail_paragraphs == {messages.LINK: {"nl": "Van de ene"}}


def test_too_long_a_text_is_refused_and_kept_in_the_form(session: Session, desk: Client) -> None:
    answer = desk.post(address(session, "waiting/"), {"text_nl": "x" * 2001})

    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()


@pytest.mark.parametrize("end", ["again/", "links/", "guessed/", "events.link/"])
def test_kind_to_which_nothing_can_be_added_has_no_page(
    session: Session, desk: Client, end: str
) -> None:
    assert desk.get(address(session, end)).status_code == 404


def test_list_shows_to_which_mails_something_was_added(session: Session, desk: Client) -> None:
    add(session, messages.LINK)

    page = unescape(desk.get(address(session)).content.decode())

    assert page.count("Eigen alinea in:") == 1
    assert "Nederlands, Frans" in page
