"""The questions of a session: asked, answered, read back, counted and forgotten."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry
from accounts.underway import finished
from events import (
    answering,
    asking,
    checking,
    cloning,
    history,
    importing,
    organising,
    privacy,
    registering,
)
from events.attendees import Listing, Offer
from events.exporting import as_csv
from events.forms.questions import QuestionForm
from events.forms.registering import GroupForm, RegistrationForm
from events.models import Answer, AnswerCount, Question, Registration, Session
from portal import keeping
from tests import build
from tests.forms import Form, forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

NOW = build.NOW
SENT = {
    "name": "Jan Peeters",
    "email": "jan@example.org",
    "organisation_name": "Stad Voorbeeld",
    "language": "nl",
}


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)
    keeping.SHELF.clear()


@pytest.fixture
def session() -> Session:
    return build.make_session(slug="sessie")


def lunch(session: Session, **fields: Any) -> tuple[Question, Question]:
    """Whether somebody stays for lunch, and, of who does, at which table."""
    stays = build.make_question(session, "Blijft u lunchen?", kind="yes_no", **fields)
    table = build.make_question(
        session,
        "Aan welke tafel?",
        "Venster",
        "Deur",
        is_required=True,
        shown_if=stays,
        shown_if_option="yes",
    )
    return stays, table


def said(registration: Registration) -> dict[str, str]:
    return dict(answering.said_by(registration))


def organiser_of(session: Session, client: Client) -> Client:
    client.force_login(build.make_organiser(session.programme))
    return client


# Which are asked ---------------------------------------------------------------------------------


def form(session: Session, **answers: Any) -> RegistrationForm:
    data = QueryDict(mutable=True)
    for name, value in {**SENT, **answers}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return RegistrationForm(data, consent_texts=[], questions=list(session.questions.all()))


def test_dependent_question_is_required_only_where_its_condition_holds(session: Session) -> None:
    stays, table = lunch(session)

    assert form(session, **{stays.name: "no"}).is_valid()
    assert form(session).is_valid()
    missing = form(session, **{stays.name: "yes"})
    assert list(missing.errors) == [table.name]


def test_answer_to_a_question_that_was_not_asked_does_not_count(session: Session) -> None:
    stays, table = lunch(session)
    # Somebody without JavaScript may fill it in all the same; nor does nonsense there hold them up.
    for typed in ("option0", "nonsense"):
        sent = form(session, **{stays.name: "no", table.name: typed})

        assert sent.is_valid(), sent.errors
        assert sent.applicant().answers == {stays: ["no"], table: []}


def test_chain_of_conditions_breaks_where_its_middle_is_not_asked(session: Session) -> None:
    stays, table = lunch(session)
    note = build.make_question(session, "Waarom?", shown_if=table, shown_if_option="option0")

    sent = form(session, **{stays.name: "no", table.name: "option0", note.name: "Uitzicht"})

    assert sent.is_valid()
    assert sent.applicant().answers[note] == []


def test_each_kind_is_kept_and_said_in_words(session: Session) -> None:
    text = build.make_question(session, "Wat verwacht u?")
    one = build.make_question(session, "Welke zaal?", "Rood", "Blauw")
    many = build.make_question(session, "Welke dagen?", "Ma", "Di", "Wo", kind="choices")
    sent = form(
        session,
        **{
            text.name: " Veel\r\nleren ",
            one.name: "option1",
            many.name: ["option2", "option0"],
        },
    )
    assert sent.is_valid(), sent.errors

    outcome = registering.register(session, sent.applicant(), received_at=NOW)

    assert said(outcome.registration) == {
        "Wat verwacht u?": "Veel leren",
        "Welke zaal?": "Blauw",
        "Welke dagen?": "Ma; Wo",
    }


@pytest.mark.parametrize("typed", [["option9"], ["option0", "option9"], ["yes"]])
def test_choice_that_is_not_offered_is_refused(session: Session, typed: list[str]) -> None:
    many = build.make_question(session, "Welke dagen?", "Ma", "Di", kind="choices")

    assert list(form(session, **{many.name: typed}).errors) == [many.name]


def test_optional_buttons_can_be_let_go(session: Session) -> None:
    stays, _table = lunch(session)

    page = str(form(session)[stays.name])

    assert 'value=""' in page
    stays.is_required = True
    stays.save()
    assert 'value=""' not in str(form(session)[stays.name])


# On the page -------------------------------------------------------------------------------------


def sent_to(response: HttpResponse, address: str) -> Form:
    return next(sent_by(each) for each in forms_on(response) if each.get("action") == address)


def test_page_asks_and_says_when_to_answer(client: CheckedClient, session: Session) -> None:
    lunch(session)

    page = client.get("/sessions/sessie/").content.decode()

    assert "Alleen als u “ja” antwoordde op “Blijft u lunchen?”." in page
    assert "data-shown-if-value" in page
    assert "js/questions.js" in page


def test_question_in_another_language_than_the_page_is_marked_and_said(
    client: CheckedClient, session: Session
) -> None:
    """Its words, its help and its choices each by themselves; in a list to pull down too."""
    translated = {f"{field}_fr": "Traduit" for field in ("title", "summary", "audience")}
    Session.objects.filter(pk=session.pk).update(**translated)
    table = build.make_question(session, "Tafel?", "Venster", "Deur", help_text="Eén.")
    Question.objects.filter(pk=table.pk).update(
        text_fr="Table ?", options=[table.options[0] | {"fr": "Fenêtre"}, table.options[1]]
    )
    wishes = [f"Wens {number}" for number in range(8)]
    build.make_question(session, "Welke <b>?", *wishes, shown_if=table, shown_if_option="option1")

    page = client.get("/fr/sessions/sessie/").content.decode()

    for marked in ("Eén.", "Deur", "Welke &lt;b&gt;?"):
        assert f'<span lang="nl">{marked}</span>' in page
    assert '« <span lang="nl">Deur</span> » à « Table ? »' in re.sub(r"\s", " ", page)
    assert '<option value="option3" lang="nl">Wens 3</option>' in page
    assert "Fenêtre" in page
    assert '<span lang="nl">Table' not in page and '<span lang="nl">Fenêtre' not in page
    assert "le reste est en néerlandais" in page


def test_notice_leaves_out_the_questions_of_a_form_that_is_not_shown(
    client: CheckedClient, session: Session, time_machine: TimeMachineFixture
) -> None:
    translated = {f"{field}_fr": "Traduit" for field in ("title", "summary", "audience")}
    Session.objects.filter(pk=session.pk).update(**translated)
    build.make_question(session, "Tafel?")
    time_machine.move_to(session.ends_at, tick=False)

    page = client.get("/fr/sessions/sessie/").content.decode()

    assert "untranslated" not in page


@pytest.mark.django_db(transaction=True)
def test_kept_page_and_form_are_renewed_by_a_changed_question(
    client: CheckedClient, session: Session
) -> None:
    address = "/sessions/sessie/register/"
    question = build.make_question(session, "Welke zaal?", "Rood", "Blauw")
    assert "Welke zaal?" in client.get("/sessions/sessie/").content.decode()
    assert client.post(address, SENT | {question.name: "option0"}).status_code == 302

    Question.objects.filter(pk=question.pk).update(text_nl="Welke kamer?", is_required=True)

    assert "Welke kamer?" in client.get("/sessions/sessie/").content.decode()
    again = client.post(address, SENT | {"email": "an@example.org"})
    assert again.status_code == 422
    assert "Kies een antwoord: Welke kamer?" in again.content.decode()


def queries_of(client: Client, session: Session, answers: Form, email: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.post("/sessions/sessie/register/", SENT | answers | {"email": email})
    assert response.status_code == 302
    return len(queries)


@pytest.mark.django_db(transaction=True)
def test_registering_asks_the_database_no_more_for_ten_questions_than_for_one(
    client: CheckedClient, session: Session
) -> None:
    rows = [build.make_question(session, "Vraag?", "A", "B")]
    client.get("/sessions/sessie/")
    queries_of(client, session, {rows[0].name: "option0"}, "a@example.org")
    one = queries_of(client, session, {rows[0].name: "option0"}, "b@example.org")
    rows += [build.make_question(session, f"Vraag {n}?", "A", "B") for n in range(9)]
    answers = {row.name: "option1" for row in rows}
    queries_of(client, session, answers, "c@example.org")

    assert queries_of(client, session, answers, "d@example.org") == one


def test_question_deleted_while_a_form_was_filled_in_loses_only_its_answer(
    session: Session,
) -> None:
    gone, stays = build.make_question(session, "Weg?"), build.make_question(session, "Blijft?")
    who = build.applicant(answers={gone: ["Ja"], stays: ["Ja"]})
    Question.objects.filter(pk=gone.pk).delete()

    outcome = registering.register(session, who, received_at=NOW)

    assert said(outcome.registration) == {"Blijft?": "Ja"}


def test_colleagues_are_asked_each_for_themselves(session: Session) -> None:
    stays, table = lunch(session)
    data = QueryDict(mutable=True)
    data.update(
        SENT
        | {
            "name_0": "An",
            "email_0": "an@example.org",
            f"{stays.name}-0": "yes",
            f"{table.name}-0": "option1",
            "name_1": "",
            "email_1": "",
            # Nobody stands in this row.
            f"{stays.name}-1": "yes",
            # Who fills it in stays at home, and is asked nothing.
            stays.name: "yes",
        }
    )
    sent = GroupForm.sent(data, list(session.questions.all()))

    assert sent.is_valid(), sent.errors
    [an] = sent.applicants()
    assert an.answers == {stays: ["yes"], table: ["option1"]}


def test_rows_for_more_colleagues_keep_what_was_answered(session: Session) -> None:
    many = build.make_question(session, "Welke dagen?", "Ma", "Di", kind="choices")
    data = QueryDict(mutable=True)
    data.update(SENT | {"name_1": "An", "email_1": "an@example.org", "pasted": "Bo bo@example.org"})
    data.setlist(f"{many.name}-1", ["option0", "option1"])

    sent = GroupForm.to_go_on_with(data, [many])

    # The empty row before hers is gone.
    assert sent[f"{many.name}-0"].initial == ["option0", "option1"]
    assert not sent[f"{many.name}-1"].initial


def test_choices_of_a_colleague_have_names_of_their_own(
    session: Session, client: CheckedClient
) -> None:
    many = build.make_question(session, "Welke dagen?", "Ma", "Di", kind="choices")

    page = client.get(f"/sessions/{session.slug}/register/colleagues/").content.decode()

    assert page.count(f'id="id_{many.name}_0"') == 1
    assert page.count(f'id="id_{many.name}-0_0"') == 1


# Afterwards --------------------------------------------------------------------------------------


def test_owner_corrects_their_answers_until_registration_closes(
    client: CheckedClient, session: Session, time_machine: TimeMachineFixture
) -> None:
    stays, table = lunch(session)
    row = build.make_registration(session, answers={stays: ["yes"], table: ["option0"]})
    address = reverse("events:details", args=[row.managing_code])
    sent = sent_to(client.get(address), address)
    assert (sent[stays.name], sent[table.name]) == ("yes", "option0")

    client.post(address, sent | {stays.name: "no"})

    assert said(row) == {"Blijft u lunchen?": "nee"}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.details["fields"]) == (Action.REGISTRATION_CHANGED, ["answers"])
    time_machine.move_to(session.registration_closes_at, tick=False)
    client.post(address, sent | {"job_title": "Jurist"})
    row.refresh_from_db()
    assert (row.job_title, said(row)) == ("Jurist", {"Blijft u lunchen?": "nee"})


def test_substitute_answers_for_themselves(client: CheckedClient, session: Session) -> None:
    stays, table = lunch(session)
    row = build.make_registration(session, answers={stays: ["yes"], table: ["option0"]})
    address = reverse("events:substitute", args=[row.managing_code])
    sent = sent_to(client.get(address), address)
    assert not sent.get(stays.name)

    response = client.post(
        address, sent | {"name": "An", "email": "an@example.org", stays.name: "no"}
    )

    assert response.status_code == 302
    assert said(Registration.objects.get(email="an@example.org")) == {"Blijft u lunchen?": "nee"}


def test_organiser_may_leave_a_required_question_open_and_corrects_with_a_trace(
    client: CheckedClient, session: Session
) -> None:
    question = build.make_question(session, "Welke zaal?", "Rood", "Blauw", is_required=True)
    organiser_of(session, client)
    address = reverse("events:add-attendee", args=["sessie"])
    assert client.post(address, SENT).status_code == 302
    row = Registration.objects.get()
    address = reverse("events:correct-attendee", args=["sessie", row.pk])

    client.post(address, sent_to(client.get(address), address) | {question.name: "option1"})

    assert said(row) == {"Welke zaal?": "Blauw"}
    entry = AuditEntry.objects.filter(action=Action.REGISTRATION_CHANGED).get()
    assert entry.details["fields"] == ["answers"]
    page = client.get(reverse("events:attendee", args=["sessie", row.pk])).content.decode()
    assert "Welke zaal?" in page
    assert "Blauw" in page


# The list ----------------------------------------------------------------------------------------


@pytest.fixture
def answered(session: Session) -> Session:
    """Four people: with one choice, with two, with none, and with another text."""
    days = build.make_question(session, "Welke dagen?", "Ma", "Di", "Wo", kind="choices", code="d")
    why = build.make_question(session, "Waarom?", code="w")
    for name, chosen, text in [
        ("A", ["option0"], ["=1+1"]),
        ("B", ["option0", "option2"], []),
        ("C", [], []),
        ("D", ["option1"], ["Uit nood"]),
    ]:
        build.make_registration(session, name=name, answers={days: chosen, why: text})
    return session


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("answer-d=option0", "AB"),
        ("answer-d=option0&answer-d=option1", "ABD"),
        ("answer-d=option0&not=answer-d", "CD"),
        ("answer-d=none", "C"),
        ("answer-d=none&not=answer-d", "ABD"),
        ("answer-w=nood", "D"),
        ("answer-d=option2&answer-w=nood", ""),
        ("answer-d=option2&answer-w=nood&match=any", "BD"),
        ("answer-d=guessed", "ABCD"),
        ("answer-x=option0", "ABCD"),
        ("sort=answer-d&column=name&column=answer-d", "ABDC"),
        ("sort=-answer-w", "DACB"),
    ],
)
def test_list_is_filtered_and_sorted_by_answers(answered: Session, query: str, names: str) -> None:
    listing = Listing.read(QueryDict(query), Offer.of(answered))

    found = [row.name for row in listing.registrations(answered, NOW)]

    assert "".join(found if "sort" in query else sorted(found)) == names
    assert Listing.read(QueryDict(listing.query), Offer.of(answered)) == listing


def test_list_shows_answers_with_the_same_queries_for_one_and_for_four(
    client: CheckedClient, answered: Session
) -> None:
    organiser_of(answered, client)
    address = reverse("events:attendees", args=["sessie"])

    def count(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{address}?{query}&column=name&column=answer-d")
        assert page.status_code == 200
        assert "Ma" in page.content.decode()
        return len(queries)

    count("q=A")

    assert count("q=B") == count("answer-d=none&answer-d=option0&answer-d=option1")


def exported(session: Session, *names: str) -> str:
    offer = Offer.of(session)
    columns = [offer.column_named[name] for name in names]
    rows = Listing(offer=offer, sort="name").registrations(session, NOW)
    return finished(as_csv(columns, rows.prefetch_related("answers"), session.zone)).read().decode()


def test_export_holds_answers_in_words_and_no_formula(answered: Session) -> None:
    text = exported(answered, "name", "answer-d", "answer-w")

    assert text.splitlines()[1:] == [
        '"A";"Ma";"\'=1+1"',
        '"B";"Ma; Wo";""',
        '"C";"";""',
        '"D";"Di";"Uit nood"',
    ]


def test_what_was_exported_is_read_back(answered: Session) -> None:
    content = exported(answered, "name", "email", "organisation", "answer-d", "answer-w").encode()
    copy, *_others = cloning.clone(answered, [date(2027, 7, 8)], by=SYSTEM, now=NOW)
    Session.objects.filter(pk=copy.pk).update(status=Session.Status.PUBLISHED)
    copy.refresh_from_db()

    lines = importing.read(content, copy)
    finished(importing.register_all(copy, lines, by=SYSTEM, now=NOW))

    assert [line.problems for line in lines] == [[], [], [], []]
    assert [said(row).get("Welke dagen?") for row in copy.registrations.order_by("name")] == [
        "Ma",
        "Ma; Wo",
        None,
        "Di",
    ]


def test_import_names_what_cannot_be_chosen(answered: Session) -> None:
    content = b"naam;e-mail;organisatie;Welke dagen?\nE;e@example.org;X;Zo"

    [line] = importing.read(content, answered)

    assert line.problems == ["“Zo” kan niet gekozen worden bij “Welke dagen?”."]


@pytest.mark.parametrize(
    ("typed", "values"), [("Ja", ["yes"]), ("NEEN", ["no"]), ("oui", ["yes"]), ("", [])]
)
def test_import_reads_yes_and_no_as_people_write_them(
    session: Session, typed: str, values: Sequence[str]
) -> None:
    stays, _table = lunch(session)

    assert answering.typed_values(stays, typed) == values


# Privacy -----------------------------------------------------------------------------------------


def test_answers_are_read_and_erased_and_how_often_each_was_chosen_stays(
    answered: Session,
) -> None:
    row = answered.registrations.get(name="B")
    text = answered.registrations.get(name="D")
    [held] = next(iter(privacy.held_on(row).values()))
    assert held["Uw antwoord op “Welke dagen?”"] == "Ma; Wo"
    over = answered.ends_at + timedelta(days=1)
    before = answering.counts(answered)

    for each in (row, text):
        privacy.erase_registration(each, now=over, by=SYSTEM)

    assert not Answer.objects.filter(registration__in=[row.pk, text.pk]).exists()
    days, why = answered.questions.all()
    after = answering.counts(answered)
    assert after[days.pk] == before[days.pk] == {"option0": 2, "option1": 1, "option2": 1}
    assert after[why.pk] == {"": 1}


def test_who_cancelled_is_not_counted(answered: Session) -> None:
    row = answered.registrations.get(name="B")

    privacy.erase_registration(row, now=NOW, by=SYSTEM)

    assert not AnswerCount.objects.exists()
    assert answering.counts(answered)[answered.questions.first().pk] == {"option0": 1, "option1": 1}


def test_moving_to_a_copy_takes_along_what_it_asks_too(answered: Session) -> None:
    [copy] = cloning.clone(answered, [date(2027, 7, 8)], by=SYSTEM, now=NOW)
    Session.objects.filter(pk=copy.pk).update(status=Session.Status.PUBLISHED)
    copy.refresh_from_db()
    copy.questions.get(code="w").delete()

    moved = organising.move_to(answered.registrations.get(name="D"), copy, by=SYSTEM, now=NOW)

    assert said(moved) == {"Welke dagen?": "Di"}


# Asking ------------------------------------------------------------------------------------------


def test_copy_asks_the_same_under_the_same_conditions_and_holds_no_answer(
    session: Session,
) -> None:
    stays, table = lunch(session)
    build.make_registration(session, answers={stays: ["yes"], table: ["option0"]})

    [copy] = cloning.clone(session, [date(2027, 7, 8)], by=SYSTEM, now=NOW)

    first, second = copy.questions.all()
    assert (first.code, second.code) == (stays.code, table.code)
    assert second.shown_if == first
    assert not Answer.objects.filter(question__session=copy).exists()


def question_form(question: Question, **typed: Any) -> QuestionForm:
    sent = {"text_nl": question.text or "Welke dagen?", **typed}
    return QuestionForm(sent, question=question)


def codes_of(question: Question) -> dict[str, str]:
    return {option["nl"]: option["code"] for option in question.options}


def test_choices_keep_who_chose_them_when_they_are_reordered_and_renamed(
    answered: Session,
) -> None:
    question = answered.questions.get(code="d")
    sent = question_form(question, options_nl="Wo\r\nDinsdag\nMa\nDo")

    assert sent.is_valid(), sent.errors

    codes = codes_of(sent.filled_in())
    assert (codes["Wo"], codes["Dinsdag"], codes["Ma"]) == ("option2", "option1", "option0")
    assert codes["Do"] not in {"option0", "option1", "option2"}


def test_choice_that_was_made_cannot_go(answered: Session) -> None:
    question = answered.questions.get(code="d")

    sent = question_form(question, options_nl="Ma\nDi")

    assert sent.errors == {
        "options_nl": ["1 persoon koos “Wo”: laat die keuze staan, of geef ze andere woorden."]
    }


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"options_nl": "Ma"}, "options_nl"),
        ({"options_nl": "Ma\nma"}, "options_nl"),
        ({"options_nl": "Ma; Di\nWo"}, "options_nl"),
        ({"options_nl": "Ma\n" + "x" * 101}, "options_nl"),
        ({"options_nl": "\n".join(map(str, range(31)))}, "options_nl"),
        ({"options_nl": "Ma\nDi", "options_fr": "Lu"}, "options_fr"),
        ({"options_nl": "Ma\nDi", "text_nl": "Een\x00twee"}, "text_nl"),
    ],
)
def test_question_that_cannot_be_asked_so_is_refused(
    session: Session, typed: Form, field: str
) -> None:
    question = Question(session=session, kind=Question.Kind.CHOICE)

    assert list(question_form(question, **typed).errors) == [field]


def test_question_stays_behind_the_one_it_depends_on(session: Session) -> None:
    stays, table = lunch(session)

    with pytest.raises(asking.CannotAsk):
        asking.move(table, past=stays.pk, by=SYSTEM, now=NOW)
    with pytest.raises(asking.CannotAsk):
        asking.delete(stays, by=SYSTEM, now=NOW)
    # A question cannot depend on itself or on one behind it.
    assert asking.conditions(session, stays) == []


def test_changes_are_kept_as_versions_in_words(session: Session) -> None:
    first = build.make_question(session, "Eerst?", "A", "B")
    second = build.make_question(session, "Dan?")
    asking.move(second, past=first.pk, by=SYSTEM, now=NOW)

    asking.delete(second, by=SYSTEM, now=NOW)

    latest, *_others = [version.content for version in session.versions.order_by("-number")]
    earlier = session.versions.get(number=1).content
    [difference] = history.differences(earlier, latest)
    assert difference.label == "Vragen"
    assert difference.before == ["Dan? · tekst · niet verplicht"]


def test_checklist_names_the_question_that_is_not_translated(session: Session) -> None:
    build.make_question(session, "Welke zaal?", "Rood", "Blauw", text_fr="Quelle salle ?")

    sentences = [point.sentence for point in checking.checklist(session, NOW)]

    assert "De vraag “Welke zaal?” is nog niet vertaald: Frans, Engels." in sentences


# In the workspace --------------------------------------------------------------------------------


def test_organiser_adds_orders_and_deletes_questions(
    client: CheckedClient, session: Session
) -> None:
    organiser_of(session, client)
    add = reverse("events:add-question", args=["sessie", "choice"])
    sent = sent_to(client.get(add), add)
    client.post(add, sent | {"text_nl": "Welke zaal?", "options_nl": "Rood\nBlauw"})
    room = session.questions.get()
    add = reverse("events:add-question", args=["sessie", "text"])
    depends = f"{room.pk}:{room.options[0]['code']}"
    client.post(add, {"text_nl": "Waarom?", "shown_if": depends})
    add = reverse("events:add-question", args=["sessie", "yes_no"])
    client.post(add, {"text_nl": "Komt u met de trein?", "is_required": "on"})

    page = client.get(reverse("events:questions", args=["sessie"]))
    room, why, train = session.questions.all()

    assert (why.shown_if, why.shown_if_option) == (room, room.options[0]["code"])
    # It cannot stand before the one it depends on.
    moves = {each.get("action") for each in forms_on(page)}
    assert reverse("events:move-question", args=["sessie", why.pk, room.pk]) not in moves
    client.post(reverse("events:move-question", args=["sessie", train.pk, why.pk]))
    assert list(session.questions.all()) == [room, train, why]
    # The page of somebody else, on which the order was another one, moves nothing.
    client.post(reverse("events:move-question", args=["sessie", why.pk, room.pk]))
    assert list(session.questions.all()) == [room, train, why]
    delete = reverse("events:delete-question", args=["sessie", why.pk])
    build.make_registration(session, answers={room: ["x"], why: ["Zomaar"]})
    assert client.post(delete).status_code == 422
    client.post(delete, {"typed": "1"})
    assert list(session.questions.all()) == [room, train]


def test_what_somebody_else_changed_meanwhile_is_asked_about(
    client: CheckedClient, session: Session
) -> None:
    question = build.make_question(session, "Welke zaal?", "Rood", "Blauw")
    organiser_of(session, client)
    address = reverse("events:question", args=["sessie", question.pk])
    sent = sent_to(client.get(address), address)
    Question.objects.filter(pk=question.pk).update(text_nl="Welke kamer?")

    response = client.post(address, sent | {"text_nl": "Welk lokaal?"})

    assert response.status_code == 409
    question.refresh_from_db()
    assert question.text == "Welke kamer?"
    asked = sent_to(response, address)
    client.post(address, asked)
    question.refresh_from_db()
    assert question.text == "Welk lokaal?"
    assert [option["code"] for option in question.options] == ["option0", "option1"]
