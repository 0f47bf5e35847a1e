"""Publishing, taking back and cancelling a session: the checklist, whom it reaches, and races."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from time_machine import TimeMachineFixture

from accounts.auditing import Actor
from accounts.models import AuditEntry, Programme, User
from events import publishing, registering
from events.checking import checklist, gaps
from events.models import AgendaItem, Registration, SeatCount, Session
from events.publishing import CannotPublish
from events.refusing import RegistrationRefused
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from tests import build
from tests.build import NOW
from tests.events.racing import at_once
from tests.forms import forms_on, sent_by
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_the_usual_moment(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def programme() -> Programme:
    return build.make_programme(name="PIO")


@pytest.fixture
def organiser(programme: Programme) -> User:
    return build.make_organiser(programme)


@pytest.fixture
def by(organiser: User) -> Actor:
    return Actor(AuditEntry.Actor.USER, organiser)


@pytest.fixture
def desk(organiser: User) -> Client:
    client = CheckedClient()
    client.force_login(organiser)
    return client


def closing(day: date) -> Closing:
    return Closing.from_local(Edge.THROUGH_DATE, day, None, BRUSSELS)


def complete(**fields: Any) -> Session:
    """A draft of which nothing is missing."""
    texts = {
        f"{text}_{code}": "Tekst"
        for text in ("title", "summary", "description", "audience")
        for code in ("nl", "fr", "en")
    }
    session = build.make_session(
        **{"status": "draft", "link": build.LINK, "closing": closing(date(2027, 6, 7))}
        | texts
        | fields
    )
    build.make_agenda_item(session, "14:00", "16:30")
    return Session.objects.get(pk=session.pk)


def sentences(session: Session, *, blocks: bool = False) -> str:
    with translation.override("nl"):
        points = checklist(Session.objects.get(pk=session.pk), NOW)
        return " ".join(point.sentence for point in points if point.blocks or not blocks)


# The checklist -----------------------------------------------------------------------------------


def test_checklist_of_a_complete_session_is_empty() -> None:
    assert checklist(complete(), NOW) == []


@pytest.mark.parametrize(
    ("fields", "words", "blocks"),
    [
        ({"link": ""}, "De virtuele link ontbreekt. Die vertrekt op woensdag 9 juni 2027", False),
        ({"link": "", "link_days_before": 40}, "moest al verstuurd zijn", False),
        ({"summary_fr": ""}, "Nog niet in het Frans: samenvatting", False),
        ({"closing": closing(date(2027, 6, 10))}, "pas na het einde", True),
        ({"closing": Closing(Edge.AT_TIME, build.at("15:00"), BRUSSELS)}, "na het begin", False),
        ({"closing": closing(date(2027, 5, 6))}, "Hemelvaart", False),
        ({"closing": closing(date(2027, 6, 6))}, "weekend: zondag 6 juni", False),
        ({"closing": closing(date(2027, 5, 9))}, "niemand kan inschrijven", False),
    ],
)
def test_checklist_names_what_is_missing(fields: dict[str, Any], words: str, blocks: bool) -> None:
    session = complete(**fields)

    assert words in sentences(session, blocks=blocks)
    assert blocks == (words in sentences(session, blocks=True))


def test_text_that_lacks_a_language_of_the_programme_blocks() -> None:
    bilingual = build.make_programme(languages=["nl", "fr"])

    assert sentences(complete(programme=bilingual), blocks=True) == (
        "1 agendapunt is er nog niet in het Frans."
    )
    lacking = complete(programme=bilingual, summary_fr="", summary_en="")
    AgendaItem.objects.filter(session=lacking).update(title_fr="Texte")
    assert sentences(lacking, blocks=True) == "Nog niet in het Frans: samenvatting."
    assert "Engels" in sentences(lacking)


def test_session_on_site_misses_no_link() -> None:
    session = complete(link="", attendance="on_site", venue_nl="Z", venue_fr="Z", venue_en="Z")

    assert checklist(session, NOW) == []


def test_no_contact_at_all_blocks_and_the_programmes_own_is_enough() -> None:
    silent = build.make_programme(contact_email="")

    assert "contactpersoon" in sentences(complete(programme=silent), blocks=True)
    own = complete(programme=silent, contact_email="an@example.org")
    assert checklist(own, NOW) == []


def test_session_on_a_holiday_or_in_a_weekend_is_remarked() -> None:
    holiday, weekend = complete(), complete()
    shift = timedelta(days=31)
    for session, days in ((holiday, shift), (weekend, timedelta(days=2))):
        Session.objects.filter(pk=session.pk).update(
            starts_at=session.starts_at + days, ends_at=session.ends_at + days
        )

    assert "feestdag van de Vlaamse Gemeenschap" in sentences(holiday)
    assert "zaterdag" in sentences(weekend)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("14:00", "16:30")], []),
        ([("14:00", "15:00"), ("15:00", "16:30")], []),
        ([("14:00", "16:30"), ("14:30", "15:00")], []),
        ([("14:05", "16:30")], [("14:00", "14:05")]),
        ([("14:00", "15:00"), ("15:30", "16:00")], [("15:00", "15:30"), ("16:00", "16:30")]),
    ],
)
def test_gaps_are_what_no_item_fills(
    items: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    session = build.make_session()
    rows = [build.make_agenda_item(session, *item) for item in items]

    assert gaps(session, rows) == [(build.at(start), build.at(end)) for start, end in expected]


@pytest.mark.parametrize(("moment", "blocks"), [("13:59", False), ("14:00", True), ("16:30", True)])
def test_session_that_has_started_cannot_be_published(moment: str, blocks: bool) -> None:
    session = complete(closing=Closing(Edge.AT_TIME, build.at("14:00"), BRUSSELS))

    points = checklist(session, build.at(moment))

    assert any(point.blocks for point in points) == blocks


# Publishing and taking back ----------------------------------------------------------------------


def test_publishing_lets_everybody_see_it_mails_nobody_and_is_logged(
    desk: Client, programme: Programme, client: Client, organiser: User
) -> None:
    session = complete(programme=programme)
    before = client.get(session.get_absolute_url()).status_code

    answer = desk.post(f"/organise/sessions/{session.slug}/publish/")

    assert answer.status_code == 302
    assert (before, client.get(session.get_absolute_url()).status_code) == (404, 200)
    assert not Message.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.session_id) == (
        "session.published",
        organiser,
        session.pk,
    )


def test_what_blocks_is_refused_also_without_the_button(desk: Client, programme: Programme) -> None:
    session = complete(programme=programme, closing=closing(date(2027, 6, 10)))

    page = desk.get(f"/organise/sessions/{session.slug}/publish/")
    desk.post(f"/organise/sessions/{session.slug}/publish/")

    assert "Publiceer de sessie" not in page.content.decode()
    assert Session.objects.get().status == "draft"


def test_cancelled_session_is_neither_published_nor_taken_back(by: Actor) -> None:
    session = complete(status="cancelled")

    for act in (publishing.publish, publishing.unpublish):
        with pytest.raises(CannotPublish):
            act(session, by=by, now=NOW)


def test_session_is_taken_back_and_published_again_and_takes_registrations(by: Actor) -> None:
    session = complete(status="published", capacity=1)

    publishing.unpublish(session, by=by, now=NOW)
    assert Session.objects.get().status == "draft"
    publishing.publish(session, by=by, now=NOW)

    build.make_registration(Session.objects.get())
    assert SeatCount.objects.get().taken == 1
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["session.unpublished", "session.published"]


def test_session_with_even_a_cancelled_registration_is_not_taken_back(
    desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")
    registration = build.make_registration(session)
    registering.cancel(registration, now=NOW, by=Registration.CancelledBy.OWNER)

    desk.post(f"/organise/sessions/{session.slug}/unpublish/")

    assert Session.objects.get().status == "published"
    assert not SeatCount.objects.get().is_shut


@pytest.mark.django_db(transaction=True)
def test_taking_back_while_people_register_leaves_nobody_on_a_draft() -> None:
    by = Actor(AuditEntry.Actor.USER, build.make_user())
    session = complete(status="published")

    def register() -> object:
        own = Session.objects.get(pk=session.pk)
        return registering.register(own, build.applicant(), received_at=NOW)

    results = at_once(
        register, lambda: publishing.unpublish(session, by=by, now=NOW), register, register
    )

    is_draft = Session.objects.get().status == "draft"
    assert is_draft == (results[1] is True)
    assert is_draft == (not Registration.objects.exists())
    if is_draft:
        assert all(isinstance(each, RegistrationRefused) for each in (results[0], *results[2:]))
    else:
        assert isinstance(results[1], CannotPublish)


# Cancelling --------------------------------------------------------------------------------------


def send(desk: Client, session: Session, **changes: str) -> Any:
    return desk.post(f"/organise/sessions/{session.slug}/cancel/", changes)


def test_cancelling_shows_the_mail_first_and_does_nothing_yet(
    desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")
    registration = build.make_registration(session)
    mails = Message.objects.count()

    answer = send(desk, session, reason_nl="De spreker is ziek.")

    assert answer.status_code == 200
    page = unescape(answer.content.decode())
    assert "Reden: De spreker is ziek." in page
    assert registration.managing_code not in page
    session.refresh_from_db()
    registration.refresh_from_db()
    assert (session.status, session.cancellation_reason) == ("published", "")
    assert (registration.is_confirmed, Message.objects.count()) == (True, mails)


@pytest.mark.parametrize("typed", ["", "1", "3", "twee", "２", "-2", "2" * 20])
def test_cancelling_needs_the_number_of_people(
    typed: str, desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")
    build.make_registration(session)
    build.make_registration(session)

    answer = send(desk, session, reason_nl="Ziek.", typed=typed)

    assert answer.status_code == 422
    assert "Typ 2" in unescape(answer.content.decode())
    assert Session.objects.get().status == "published"


def test_cancelling_with_the_number_cancels_tells_and_logs(
    desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")
    build.make_registration(session)
    build.make_registration(session, language="fr")
    page = send(desk, session, reason_nl="Ziek.", reason_fr="Malade.")
    [form] = [form for form in forms_on(page) if form.get("method") == "post"]

    answer = desk.post(f"/organise/sessions/{session.slug}/cancel/", sent_by(form) | {"typed": "2"})

    assert answer.status_code == 302
    session.refresh_from_db()
    assert (session.status, session.cancellation_reason_fr) == ("cancelled", "Malade.")
    assert set(Registration.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Message.objects.filter(kind="events.session_cancelled").count() == 2
    assert AuditEntry.objects.get().action == "session.cancelled"


def test_somebody_who_registers_meanwhile_makes_the_number_wrong(
    desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")
    build.make_registration(session)
    send(desk, session, reason_nl="Ziek.")
    build.make_registration(session)

    answer = send(desk, session, reason_nl="Ziek.", typed="1")

    assert answer.status_code == 422
    assert "Typ 2" in unescape(answer.content.decode())


def test_cancelling_without_a_reason_is_refused(desk: Client, programme: Programme) -> None:
    session = complete(programme=programme, status="published")

    answers = [send(desk, session, typed="0"), send(desk, session, reason_nl="a\nb", typed="0")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Annuleer de sessie" not in answers[0].content.decode()


def test_session_nobody_registered_for_is_cancelled_with_zero(
    desk: Client, programme: Programme
) -> None:
    session = complete(programme=programme, status="published")

    answer = send(desk, session, reason_nl="Ziek.", typed="0")

    assert (answer.status_code, Session.objects.get().status) == (302, "cancelled")


def test_session_that_is_over_is_not_cancelled_any_more(desk: Client, programme: Programme) -> None:
    over = closing(date(2027, 5, 3))
    session = complete(
        programme=programme, status="published", closing=over, starts_at=NOW - HOUR, ends_at=NOW
    )

    answers = [
        desk.get(f"/organise/sessions/{session.slug}/cancel/"),
        send(desk, session, reason_nl="Ziek.", typed="0"),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Session.objects.get().status == "published"
