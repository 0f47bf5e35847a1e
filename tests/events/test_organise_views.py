"""The organisers' pages about attendees."""

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.models import Action, AuditEntry, Membership, User
from accounts.underway import KIND
from events import registering
from events.messages import KINDS, TITLES
from events.models import Needs, Registration, RegistrationGroup, SavedView, Session
from mailing.models import Message
from tests.build import (
    NOW,
    anonymise,
    make_organiser,
    make_programme,
    make_registration,
    make_session,
)
from tests.page import CheckedClient, hang_up

pytestmark = pytest.mark.django_db

REASON = "Naamkaartjes drukken"


@pytest.fixture(autouse=True)
def _at_now(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def session() -> Session:
    return make_session(capacity=2, title="Sessie over AI")


@pytest.fixture
def organiser(session: Session, client: CheckedClient) -> User:
    user = make_organiser(session.programme, name="Ann Organisator")
    client.force_login(user)
    return user


def address(session: Session, name: str = "attendees", **parameters: Any) -> str:
    path = reverse(f"events:{name}", kwargs={"slug": session.slug})
    return f"{path}?{urlencode(parameters, doseq=True)}" if parameters else path


def page_of(row: Registration, name: str = "attendee") -> str:
    return reverse(f"events:{name}", kwargs={"slug": row.session.slug, "number": row.pk})


def copies(session: Session, number: int) -> None:
    """Many more people, each with a mail, quickly."""
    rows = Registration.objects.bulk_create(
        Registration(
            session=session,
            state="confirmed",
            name=f"Persoon {one}",
            email=f"kopie{one}@example.org",
            email_key=f"kopie{one}@example.org",
            organisation_name="Stad Voorbeeld",
            received_at=NOW,
            confirmed_at=NOW,
        )
        for one in range(number)
    )
    Message.objects.bulk_create(
        Message(
            key=f"registration:{row.pk}:registered",
            kind="events.registered",
            object_id=row.pk,
            recipient=row.email,
            due_at=NOW,
        )
        for row in rows
    )


# The list ----------------------------------------------------------------------------------------


def test_list_shows_people_counts_and_states(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    for name in ["An Peeters", "Jan De Smet", "Wout Wacht"]:
        make_registration(session, name=name)

    page = client.get(address(session)).content.decode()

    assert all(name in page for name in ["An Peeters", "Jan De Smet", "Wout Wacht"])
    assert "Op de wachtlijst" in page
    for label, number in [("Ingeschreven", 2), ("Wachtlijst", 1), ("Geannuleerd", 0)]:
        assert f"<dt>{label}</dt><dd>{number}</dd>" in page


def test_list_costs_the_same_queries_for_3_and_for_300(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    copies(session, 3)
    client.get(address(session))
    with CaptureQueriesContext(connection) as few:
        client.get(address(session))
    copies_more = Session.objects.get(pk=session.pk)
    Registration.objects.filter(session=session).delete()
    copies(copies_more, 300)

    with CaptureQueriesContext(connection) as many:
        client.get(address(session))

    assert len(many) == len(few)
    # Of these, allauth's bookkeeping of where somebody is signed in takes three.
    questions = [query for query in many if "SAVEPOINT" not in query["sql"]]
    assert len(questions) - 3 <= 12


def test_list_turns_pages_of_fifty(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    copies(session, 120)

    answers = [client.get(address(session, page=number)) for number in (2, 3)]

    assert [len(answer.context["rows"]) for answer in answers] == [50, 20]


def test_looking_at_the_list_is_written_down(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session)

    client.get(address(session))

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.session_id) == (
        Action.REGISTRATIONS_SEEN, organiser, session.pk,
    )  # fmt: skip
    assert entry.details == {"people": 1}


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("q=&state=waiting&name=&sort=-received", "state=waiting"),
        ("page=1", ""),
        ("page=99", ""),
        ("page=%00", ""),
        ("state=nonsense&utm_source=mail", ""),
        ("q=%00", ""),
        ("language=fr&state=waiting", "state=waiting&language=fr"),
    ],
)
def test_list_leads_to_the_one_address_of_what_was_asked(
    typed: str, clean: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    for language, email in (("nl", ""), ("fr", "fr@example.org")):
        make_registration(session, email=email, language=language)
    session.registrations.filter(language="fr").update(state="waiting", confirmed_at=None)
    path = address(session)

    answer = client.get(f"{path}?{typed}")

    assert answer.status_code == 302
    assert answer.headers["Location"] == (f"{path}?{clean}" if clean else path)
    assert client.get(answer.headers["Location"]).status_code == 200
    assert AuditEntry.objects.count() == 1


def test_list_shows_a_hostile_name_as_text(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, name="<script>alert(1)</script>")

    page = client.get(address(session, q="<script>")).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_list_says_what_would_stand_there(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    assert "Nog niemand heeft zich ingeschreven" in client.get(address(session)).content.decode()

    make_registration(session)

    assert "Niemand voldoet" in client.get(address(session, q="zzz")).content.decode()


def test_anonymous_person_has_no_page_and_no_box(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session, name="An Geheim")
    anonymise(row)

    page = client.get(address(session)).content.decode()

    assert "Geheim" not in page
    assert 'name="chosen"' not in page
    assert client.get(page_of(row)).status_code == 404
    assert client.get(page_of(row, "correct-attendee")).status_code == 404


# Saved views -------------------------------------------------------------------------------------


def test_view_is_kept_for_every_session_of_the_programme(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    other = make_session(programme=session.programme)
    typed = {"name": "Wachtlijst", "parameters": "q=an&state=waiting&sort=name"}

    answer = client.post(address(session, "save-view"), typed)

    assert answer.status_code == 302
    assert SavedView.objects.get().parameters == "state=waiting&sort=name"
    link = f'{address(other)}?state=waiting&amp;sort=name"'
    assert link in client.get(address(other)).content.decode()


def test_view_of_the_same_name_is_replaced(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    for parameters in ["state=waiting", "state=cancelled"]:
        client.post(address(session, "save-view"), {"name": "Mijn", "parameters": parameters})

    assert [view.parameters for view in SavedView.objects.all()] == ["state=cancelled"]


@pytest.mark.parametrize("name", ["", "x" * 61, "a\nb"])
def test_view_without_a_proper_name_is_asked_for_again(
    name: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    typed = {"name": name, "parameters": "state=waiting&x=%00"}

    answer = client.post(address(session, "save-view"), typed)

    assert answer.status_code == 422
    assert 'value="state=waiting&amp;x=%00"' in answer.content.decode()
    assert SavedView.objects.count() == 0


def test_view_with_too_many_filters_is_refused_in_words(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    typed = urlencode([("organisation", f"{'é' * 90}{number}") for number in range(20)])

    answer = client.post(address(session, "save-view"), {"name": "Lang", "parameters": typed})

    assert answer.status_code == 422
    assert "te veel filters" in answer.content.decode()


def test_view_of_a_colleague_is_not_there(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    colleague = make_organiser(session.programme)
    view = SavedView.objects.create(user=colleague, programme=session.programme, name="Van haar")
    delete = reverse("events:delete-view", args=[session.slug, view.pk])

    assert "Van haar" not in client.get(address(session)).content.decode()
    assert client.post(delete).status_code == 404

    client.force_login(colleague)
    assert client.post(delete).status_code == 302
    assert SavedView.objects.count() == 0


# One attendee ------------------------------------------------------------------------------------


def test_attendee_shows_needs_mails_and_colleagues(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row, colleague = make_registration(session), make_registration(session, name="Griet Collega")
    group = RegistrationGroup.objects.create(
        session=session, requested_by="An Baas", received_at=NOW
    )
    Registration.objects.update(group=group)
    Needs.objects.create(registration=row, access="Vlaamse Gebarentaal", consented_at=NOW)
    Message.objects.filter(object_id=row.pk).update(
        state="failed", closed_at=NOW, reason="550 unknown"
    )

    page = client.get(page_of(row)).content.decode()

    for words in ["Vlaamse Gebarentaal", "550 unknown", "Griet Collega", "An Baas", "Mislukt"]:
        assert words in page
    seen = AuditEntry.objects.values_list("action", "object_id")
    assert set(seen) == {(Action.REGISTRATION_SEEN, row.pk), (Action.NEEDS_SEEN, row.pk)}
    assert page_of(colleague) in page


def test_every_mail_about_a_registration_has_a_title() -> None:
    assert set(TITLES) == set(KINDS)


def test_attendee_without_needs_writes_no_look_at_needs(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    client.get(page_of(make_registration(session)))

    assert [entry.action for entry in AuditEntry.objects.all()] == [Action.REGISTRATION_SEEN]


def test_attendee_page_shows_what_happened(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    client.get(page_of(row))
    client.post(page_of(row, "correct-attendee"), FORM)

    page = client.get(page_of(row)).content.decode()

    assert page.count("Ann Organisator") == 1


@pytest.mark.parametrize("number", [0, 999_999, 10**18, 10**30])
def test_guessed_attendee_is_not_there(
    number: int, session: Session, organiser: User, client: CheckedClient
) -> None:
    path = f"{address(session)}{number}/"

    assert client.get(path).status_code == 404


def test_removed_organiser_sees_nothing_any_more(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    Membership.objects.all().delete()

    assert client.get(address(session)).status_code == 404
    assert client.get(page_of(row)).status_code == 404


FORM = {
    "name": "An Peeters",
    "email": "an@example.org",
    "organisation_name": "Stad Gent",
    "job_title": "",
    "language": "nl",
}


def test_adding_after_the_deadline_leads_to_the_person(
    session: Session,
    organiser: User,
    client: CheckedClient,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(session.starts_at, tick=False)
    client.force_login(organiser)

    answer = client.post(address(session, "add-attendee"), FORM)

    row = session.registrations.get()
    assert answer.headers["Location"] == page_of(row)
    assert (row.state, row.received_at) == ("confirmed", session.starts_at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "Jan\r\nBcc: x@example.org"},
        {"email": "an"},
        {"email": '"a b"@example.org'},
        {"organisation_name": "x" * 201},
        {"language": "de"},
    ],
)
@pytest.mark.parametrize("name", ["add-attendee", "correct-attendee"])
def test_wrong_details_come_back_as_typed(
    name: str, wrong: dict[str, str], session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    path = address(session, name) if name == "add-attendee" else page_of(row, name)

    answer = client.post(path, FORM | wrong)

    assert answer.status_code == 422
    assert session.registrations.get().name == row.name
    if not wrong.get("organisation_name"):
        assert 'value="Stad Gent"' in answer.content.decode()


@pytest.mark.parametrize("text", ["a\x00bcdef", "a\x0bbcdef", "a\u2028bcdef"], ids=ascii)
def test_control_characters_are_refused_everywhere(
    text: str, session: Session, organiser: User
) -> None:
    # What was typed comes back, so this page cannot be checked as well-formed.
    client = Client()
    client.force_login(organiser)
    row = make_registration(session)

    answers = [
        client.post(address(session, "add-attendee"), FORM | {"name": text}),
        client.post(page_of(row, "correct-attendee"), FORM | {"job_title": text}),
        client.post(address(session, "save-view"), {"name": text, "parameters": text}),
        client.post(address(session, "export"), {"columns": ["name"], "reason": text}),
        client.post(page_of(row, "move-attendee"), {"session": text}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 5
    assert session.registrations.count() == 1


def test_adding_to_a_full_session_without_waiting_list_is_refused_in_words(
    organiser: User, session: Session, client: CheckedClient
) -> None:
    full = make_session(programme=session.programme, capacity=0, has_waiting_list=False)

    answer = client.post(address(full, "add-attendee"), FORM)

    assert answer.status_code == 422
    assert "Alle plaatsen zijn bezet." in answer.content.decode()


def test_address_of_somebody_else_is_refused_next_to_the_field(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, email="an@example.org")
    row = make_registration(session)

    answer = client.post(page_of(row, "correct-attendee"), FORM)

    assert answer.status_code == 422
    assert "al met dit adres ingeschreven" in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"email"}


def test_move_offers_own_coming_published_sessions_only(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    own = make_session(programme=session.programme)
    make_session(programme=session.programme, status=Session.Status.DRAFT)
    make_session(programme=session.programme, starts_at=NOW.replace(year=2026), ends_at=NOW)
    foreign = make_session()

    answer = client.get(page_of(row, "move-attendee"))
    refused = client.post(page_of(row, "move-attendee"), {"session": foreign.pk})

    assert list(answer.context["form"].fields["session"].queryset) == [own]
    assert refused.status_code == 422
    assert foreign.registrations.count() == 0


@pytest.mark.parametrize("chosen", ["", "x", "-1", "9" * 30, "1.5"])
def test_move_to_nonsense_is_refused(
    chosen: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)

    answer = client.post(page_of(row, "move-attendee"), {"session": chosen})

    assert answer.status_code == 422
    assert Registration.objects.get().is_confirmed


def test_move_leads_to_the_person_in_the_new_session(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row, there = make_registration(session), make_session(programme=session.programme)

    answer = client.post(page_of(row, "move-attendee"), {"session": there.pk})

    assert answer.headers["Location"] == page_of(there.registrations.get())


# Acting ------------------------------------------------------------------------------------------


def ask(client: CheckedClient, session: Session, name: str, **parameters: Any) -> Any:
    return client.get(address(session, name, **parameters))


def test_asking_changes_nothing_and_names_how_many(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session, name=f"Persoon {n}") for n in range(12)]

    answer = ask(client, session, "cancel-attendees", chosen=[row.pk for row in rows])

    page = answer.content.decode()
    assert "Het gaat over 12 personen:" in page
    assert "en nog 2 personen" in page
    assert session.registrations.live().count() == 12


def test_cancelling_acts_on_exactly_those_who_were_named(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session) for _ in range(3)]
    asked = ask(client, session, "cancel-attendees", everyone=1, state="confirmed")
    late = make_registration(session)
    typed = {"seen": asked.context["seen"], "parameters": "state=confirmed", "sure": "1"}

    answer = client.post(address(session, "cancel-attendees"), typed)

    assert answer.headers["Location"] == address(session, state="confirmed")
    states = [Registration.objects.get(pk=row.pk).state for row in [*rows, late]]
    assert states == ["cancelled", "cancelled", "confirmed", "confirmed"]
    assert "2 inschrijvingen zijn geannuleerd." in client.get(address(session)).content.decode()


@pytest.mark.parametrize(
    ("page", "action", "details"),
    [
        ("cancel/?everyone=1", Action.REGISTRATIONS_SEEN, {"people": 2}),
        ("resend/?chosen={number}", Action.REGISTRATIONS_SEEN, {"people": 1}),
        ("{number}/details/", Action.REGISTRATION_SEEN, {}),
        ("{number}/move/", Action.REGISTRATION_SEEN, {}),
    ],
)
def test_every_page_that_names_somebody_is_a_look(
    page: str,
    action: Action,
    details: dict[str, int],
    session: Session,
    organiser: User,
    client: CheckedClient,
) -> None:
    number = make_registration(session).pk
    make_registration(session)

    client.get(address(session) + page.format(number=number))

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.details) == (action, organiser, details)


def test_list_that_shows_nobody_is_no_look(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, name="An")

    client.get(address(session) + "?q=niemand")

    assert not AuditEntry.objects.exists()


def test_cancelling_without_being_sure_asks_again(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    asked = ask(client, session, "cancel-attendees", chosen=row.pk)

    answer = client.post(address(session, "cancel-attendees"), {"seen": asked.context["seen"]})

    assert answer.status_code == 422
    assert answer.context["seen"] == asked.context["seen"]
    assert Registration.objects.get().is_confirmed


def test_acting_twice_says_who_was_left_alone(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session, name=name) for name in ["An Eerst", "Jan Tweede"]]
    asked = ask(client, session, "cancel-attendees", chosen=[row.pk for row in rows])
    typed = {"seen": asked.context["seen"], "sure": "1"}
    client.post(address(session, "cancel-attendees"), typed)
    client.get(address(session))

    client.post(address(session, "cancel-attendees"), typed)

    assert "Niet aangepast, want intussen gewijzigd: An Eerst, Jan Tweede." in (
        client.get(address(session)).content.decode()
    )
    assert AuditEntry.objects.filter(action=Action.REGISTRATION_CANCELLED).count() == 2


def test_placing_asks_only_about_who_waits(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session) for _ in range(3)]

    asked = ask(client, session, "place-attendees", everyone=1)
    client.post(address(session, "place-attendees"), {"seen": asked.context["seen"]})

    assert asked.context["seen"] == f"{rows[2].pk}:waiting"
    assert asked.context["unfit"] == 2
    assert session.registrations.confirmed().count() == 3


@pytest.mark.parametrize(
    "seen",
    ["", "x", "1", "1:nonsense", "999999:confirmed", "1:confirmed;--", "\x00", ":" * 10000,
     "99999999999999999999:confirmed", " ".join(f"{n}:confirmed" for n in range(5000))],
    ids=lambda text: text[:20] or "nothing",
)  # fmt: skip
@pytest.mark.parametrize("name", ["cancel-attendees", "place-attendees", "resend"])
def test_nonsense_about_whom_to_act_on_acts_on_nobody(
    name: str, seen: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    stranger = make_registration(make_session())
    typed = {"seen": f"{seen} {stranger.pk}:confirmed", "sure": "1", "parameters": "%00"}

    answer = client.post(address(session, name), typed)

    assert answer.status_code == 302
    assert Registration.objects.get().is_confirmed
    assert Message.objects.count() == 1


@pytest.mark.parametrize("chosen", ["", "x", "-1", "1.5", "9" * 30, "٣", "\x00"])
def test_nonsense_about_whom_to_ask_leads_back(
    chosen: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    answer = ask(client, session, "cancel-attendees", chosen=chosen, state="waiting")

    assert answer.headers["Location"] == address(session, state="waiting")


def test_acting_on_too_many_asks_to_narrow_the_list(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    copies(session, 1001)

    answer = ask(client, session, "resend", everyone=1)

    assert answer.status_code == 302
    assert "meer dan 1000" in client.get(address(session)).content.decode()


def test_mail_goes_again_to_whom_it_was_asked(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session)
    gone = make_registration(session)
    registering.cancel(gone, now=NOW, by=Registration.CancelledBy.OWNER)
    asked = ask(client, session, "resend", chosen=[row.pk, gone.pk])

    answer = client.post(address(session, "resend"), {"seen": asked.context["seen"]})

    assert answer.headers["Location"] == page_of(row)
    again = Message.objects.filter(kind="events.again")
    assert [mail.object_id for mail in again] == [row.pk]


# Export ------------------------------------------------------------------------------------------


def export(
    client: CheckedClient, session: Session, typed: dict[str, Any], **parameters: Any
) -> Any:
    values = {"format": "csv", "columns": ["name", "state"], "reason": REASON} | typed
    return client.post(address(session, "export", **parameters), values)


def lines(answer: Any) -> list[list[str]]:
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_export_holds_the_rows_and_columns_that_were_chosen(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    for name in ["An", "Jan", "Wout"]:
        make_registration(session, name=name)

    answer = export(client, session, {}, state="confirmed", sort="name")

    assert lines(answer) == [
        ["Naam", "Toestand"], ["An", "ingeschreven"], ["Jan", "ingeschreven"],
    ]  # fmt: skip
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{session.slug}-2027-05-10.csv"'
    )
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_export_that_tells_how_far_it_is_ends_with_the_same_file(
    ending: str, session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, name="An")
    typed = {"format": ending, "columns": ["name"], "reason": REASON}
    path = address(session, "export")
    plain = client.post(path, typed)

    answer = client.post(path, typed, headers={"accept": KIND})

    begun, told, file = answer.getvalue().split(b"\n", 2)
    assert json.loads(begun) == {"done": 0, "total": 1}
    assert json.loads(told) == {
        "file": plain.headers["Content-Disposition"],
        "kind": plain.headers["Content-Type"],
    }
    assert file == plain.getvalue()
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_cancelling_many_stopped_halfway_keeps_what_was_done(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session) for _ in range(3)]
    typed = {"seen": " ".join(f"{row.pk}:confirmed" for row in rows[:2]), "sure": "1"}
    answer = client.post(address(session, "cancel-attendees"), typed, headers={"accept": KIND})
    told = iter(answer.streaming_content)
    next(told), next(told)

    hang_up(answer)

    states = session.registrations.order_by("pk").values_list("state", flat=True)
    assert list(states).count("cancelled") == 1


def test_export_of_ticked_rows_holds_those_only(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    rows = [make_registration(session, name=name) for name in ["An", "Jan", "Wout"]]
    stranger = make_registration(make_session(), name="Vreemd")

    answer = export(client, session, {}, chosen=[rows[0].pk, rows[2].pk, stranger.pk])

    assert [line[0] for line in lines(answer)] == ["Naam", "An", "Wout"]


def test_export_is_written_down_with_its_reason_and_number(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    for _ in range(3):
        make_registration(session)

    export(client, session, {})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.at) == (
        Action.REGISTRATIONS_EXPORTED, organiser, NOW,
    )  # fmt: skip
    assert entry.details == {
        "people": 3, "reason": REASON, "columns": ["name", "state"], "format": "csv",
    }  # fmt: skip


def test_export_of_needs_is_a_look_at_needs_too(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    row = make_registration(session, name="An")
    Needs.objects.create(registration=row, diet="Geen noten", consented_at=NOW)
    make_registration(session, name="Jan")

    answer = export(client, session, {"columns": ["name", "diet"]}, sort="name")

    assert lines(answer)[1:] == [["An", "Geen noten"], ["Jan", ""]]
    written = set(AuditEntry.objects.values_list("action", flat=True))
    assert written == {Action.REGISTRATIONS_EXPORTED, Action.NEEDS_SEEN}


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "abc"},
        {"reason": "a\nb regel twee"},
        {"reason": "x" * 201},
        {"columns": []},
        {"columns": ["nonsense"]},
        {"columns": ["public_id"]},
        {"format": "pdf"},
    ],
    ids=str,
)
def test_export_without_a_reason_or_with_nonsense_is_not_made(
    wrong: dict[str, Any], session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session)

    answer = export(client, session, wrong)

    assert answer.status_code == 422
    assert AuditEntry.objects.count() == 0


def test_export_as_a_workbook_opens(
    session: Session, organiser: User, client: CheckedClient
) -> None:
    make_registration(session, name="An")

    answer = export(client, session, {"format": "xlsx", "columns": ["name", "received"]})

    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    assert [[cell.value for cell in row] for row in sheet.rows][1] == [
        "An", NOW.replace(tzinfo=None, hour=10),
    ]  # fmt: skip


def test_organiser_of_another_programme_exports_nothing(
    session: Session, client: CheckedClient
) -> None:
    make_registration(session)
    client.force_login(make_organiser(make_programme()))

    assert export(client, session, {}).status_code == 404
    assert AuditEntry.objects.count() == 0
