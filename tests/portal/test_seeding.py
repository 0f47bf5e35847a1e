from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone, translation
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

import accounts.seeding
import events.seeding
import procurement.seeding
from accounts import directory
from accounts.access import organises
from accounts.models import CharterSignature, Membership, Organisation, Programme, Theme, User
from accounts.seeding import rows
from events.models import Contribution, Registration, Session, SessionState, Speaker, agenda_tree
from mailing.models import Message
from moments.edges import Edge
from moments.local import BRUSSELS
from portal.models import Preparation
from portal.preparing import next_deadline
from procurement.models import Amount, Call, Deadline, Figure
from procurement.phrases import Ambiguous, Unreadable, read
from tests.build import NOW, at, days, make_registration
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

DAY = date(2021, 6, 10)
PIO, COOCK = "pio-innovatieve-aankooptrajecten", "coock-2023"
ICON_AI, ICON_CS = "icon-artificiele-intelligentie-2020", "icon-cybersecurity-2021"
ESF = "opleidingen-in-bedrijven-esf-414"
OWN_APPS = ("accounts", "events", "procurement", "portal")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def load(*options: str) -> str:
    """Run the command; what it said."""
    said = StringIO()
    call_command("load_seed_data", *options, stdout=said)
    return said.getvalue()


@pytest.fixture
def real_session() -> Session:
    load()
    return Session.objects.get(slug="ai4gov-2021-06-10")


def whole_database() -> dict[str, list[tuple[object, ...]]]:
    """Every row of our own tables."""
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=repr)
        for name in OWN_APPS
        for model in apps.get_app_config(name).get_models()
    }


# The real session --------------------------------------------------------------------------------


def test_real_session_is_on_thursday_10_june_2021(real_session: Session) -> None:
    facts = {
        "starts_at": at("14:00", DAY),
        "ends_at": at("16:30", DAY),
        "time_zone": "Europe/Brussels",
        "attendance": "online",
        "status": "published",
        "is_example": False,
        "title": "Artificiële intelligentie voor publieke diensten",
        "contact_name": "Veerle Lories, projectleider PIO",
    }
    assert {field: getattr(real_session, field) for field in facts} == facts
    assert (real_session.starts_at, real_session.ends_at) == (
        datetime(2021, 6, 10, 12, tzinfo=UTC),
        datetime(2021, 6, 10, 14, 30, tzinfo=UTC),
    )


def test_real_session_closes_before_tuesday_8_june_2021(real_session: Session) -> None:
    assert real_session.registration_closes_at == datetime(2021, 6, 7, 22, tzinfo=UTC)
    assert real_session.registration_edge == Edge.BEFORE_DATE
    assert real_session.closing.wording() == "vóór dinsdag 8 juni 2021"


def test_real_session_releases_its_link_the_day_before(real_session: Session) -> None:
    assert real_session.link_released_at == at("09:00", date(2021, 6, 9))


def test_real_session_has_the_agenda_of_the_programme(real_session: Session) -> None:
    def times(start: datetime, end: datetime) -> str:
        return f"{start.astimezone(BRUSSELS):%H:%M}-{end.astimezone(BRUSSELS):%H:%M}"

    items = list(real_session.agenda_items.in_order().with_speakers())
    shown = [
        (
            times(node.item.starts_at, node.item.ends_at),
            node.item.title,
            [
                (times(child.item.starts_at, child.item.ends_at), child.item.title)
                for child in node.children
            ],
        )
        for node in agenda_tree(items, NOW)
    ]

    assert shown == [
        ("14:00-14:05", "Welkom en inleiding", []),
        (
            "14:05-15:15",
            "Mogelijkheden van AI: AI4GOV",
            [
                ("14:05-14:50", "Mogelijkheden vanuit het Vlaams AI-Onderzoeksprogramma"),
                ("14:50-15:15", "AI en lokale besturen"),
            ],
        ),
        ("15:15-15:25", "Vragen", []),
        ("15:25-15:30", "Korte pauze", []),
        ("15:30-16:15", "Valkuilen van AI: ethiek en regelgeving", []),
        ("16:15-16:25", "Vragen", []),
        ("16:25-16:30", "Conclusies", []),
    ]


def test_real_session_fills_its_150_minutes_without_gap(real_session: Session) -> None:
    top = list(real_session.agenda_items.filter(parent=None).in_order())

    assert sum((item.ends_at - item.starts_at for item in top), timedelta()) == timedelta(
        minutes=150
    )
    edges = [item.starts_at for item in top] + [real_session.ends_at]
    assert edges == [real_session.starts_at] + [item.ends_at for item in top]


def test_real_session_has_its_four_speakers_in_their_roles(real_session: Session) -> None:
    contributions = Contribution.objects.filter(agenda_item__session=real_session).order_by(
        "agenda_item__starts_at", "position"
    )

    assert [(one.speaker.name, one.role, one.agenda_item.title) for one in contributions] == [
        ("Veerle Lories", "Projectleider PIO", "Welkom en inleiding"),
        (
            "Sabine Demey",
            "Programmadirecteur Vlaams AI-Onderzoeksprogramma",
            "Mogelijkheden vanuit het Vlaams AI-Onderzoeksprogramma",
        ),
        (
            "Nathalie Dumarey",
            "Programmamanager Innovatie en Digitale Transformatie VVSG",
            "AI en lokale besturen",
        ),
        (
            "Rob Heyman",
            "Coördinator Kenniscentrum Data & Maatschappij",
            "Valkuilen van AI: ethiek en regelgeving",
        ),
    ]
    assert Speaker.objects.count() == 4
    assert not contributions.filter(organisation=None).exists()


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_real_session_has_every_text_in_every_language(
    real_session: Session, language: str
) -> None:
    texts = [
        getattr(real_session, f"{field}_{language}")
        for field in ("title", "summary", "description", "audience")
    ]
    texts += real_session.agenda_items.values_list(f"title_{language}", flat=True)
    texts += Contribution.objects.values_list(f"role_{language}", flat=True)

    assert all(texts)


@pytest.mark.parametrize("path", ["/", "/fr/", "/en/"])
def test_real_session_has_a_sound_page_in_every_language(
    client: CheckedClient, real_session: Session, path: str
) -> None:
    with translation.override(path.strip("/") or "nl"):
        address = real_session.get_absolute_url()

    assert client.get(address).status_code == 200


def test_real_session_prepares_for_the_deadline_of_october_2021(real_session: Session) -> None:
    deadline = next_deadline(real_session, at("14:00", DAY))

    assert deadline is not None
    assert deadline.closing.wording() == "op donderdag 14 oktober 2021"
    assert (deadline.is_hour_stated, deadline.is_confirmed) == (False, False)


def test_real_session_has_no_link_and_nobody_registered(real_session: Session) -> None:
    assert not hasattr(real_session, "virtual_link")
    assert not Registration.objects.exists()
    assert not Message.objects.exists()


# The rest ----------------------------------------------------------------------------------------


def test_charter_has_its_forty_signatories() -> None:
    load()

    assert CharterSignature.objects.filter(withdrawn_date=None).count() == 40


def test_themes_are_the_nine_objectives_in_order_and_in_every_language() -> None:
    load()

    assert list(Theme.objects.values_list("number", flat=True)) == list(range(1, 10))
    for language in ("nl", "fr", "en"):
        for field in ("title", "short_title", "summary"):
            assert not Theme.objects.filter(**{f"{field}_{language}": None}).exists()
            assert not Theme.objects.filter(**{f"{field}_{language}": ""}).exists()


def test_organisations_are_found_by_every_one_of_their_names() -> None:
    load()

    lost = [
        organisation.slug
        for organisation in Organisation.objects.all()
        if directory.find(organisation.name) != organisation
        or directory.find(str(organisation)) != organisation
    ]

    assert lost == []


def test_calls_hold_the_deadlines_the_sources_give_and_no_others() -> None:
    load()

    assert sorted(
        (one.call.slug, one.kind, one.closing.wording(), one.is_confirmed, one.is_hour_stated)
        for one in Deadline.objects.select_related("call")
    ) == sorted(
        [
            (PIO, "submission", "tot en met vrijdag 1 december 2017", False, True),
            (PIO, "submission", "uiterlijk vrijdag 14 juni 2019 om 24u00", True, True),
            (PIO, "submission", "uiterlijk vrijdag 13 december 2019 om 24u00", True, True),
            (PIO, "submission", "op donderdag 14 oktober 2021", False, False),
            (
                "pio-circulaire-economie-energietransitie-2020",
                "submission",
                "op dinsdag 15 december 2020",
                True,
                False,
            ),
            (ICON_AI, "pre_notification", "op dinsdag 21 april 2020", True, False),
            (ICON_AI, "submission", "tot en met vrijdag 17 juli 2020", True, True),
            (ICON_CS, "pre_notification", "tot en met woensdag 14 april 2021", False, True),
            (ICON_CS, "decision", "op donderdag 20 mei 2021", True, False),
            (ICON_CS, "submission", "tot en met vrijdag 20 augustus 2021", False, True),
            (ICON_CS, "decision", "op donderdag 16 december 2021", True, False),
            (COOCK, "pre_notification", "uiterlijk donderdag 8 juni 2023 om 12u00", True, True),
            (COOCK, "submission", "uiterlijk dinsdag 20 juni 2023 om 12u00", True, True),
            (
                "infosessies-internet-2020",
                "submission",
                "vóór woensdag 1 april 2020 om 12u00",
                True,
                True,
            ),
            (
                "opleidingen-in-bedrijven-2-2015",
                "submission",
                "tot en met vrijdag 31 juli 2015",
                True,
                True,
            ),
        ]
    )


def test_phrases_of_the_file_are_read_or_their_edge_is_one_of_their_readings() -> None:
    odd = []
    for call in rows(procurement.seeding.FOLDER, "calls"):
        for facts in call.get("deadlines", []):
            closing = procurement.seeding.closing_of(facts)
            try:
                readings = (read(facts.get("phrase", ""), date=closing.local_date),)
            except Ambiguous as doubt:
                readings = doubt.readings
                assert facts["is_confirmed"] is False, facts
            except Unreadable:
                assert "phrase" not in facts, facts
                continue
            if closing not in readings:
                odd.append(facts)

    assert odd == []


def test_intake_talk_of_coock_is_asked_five_working_days_ahead() -> None:
    load()

    deadline = Deadline.objects.get(call__slug=COOCK, kind="pre_notification")

    assert deadline.latest_day_to_ask == date(2023, 6, 1)


def test_calls_hold_the_amounts_the_sources_give_and_no_sum_of_them() -> None:
    load()

    assert sorted(
        (one.call.slug, one.kind, int(one.value), one.is_indicative, one.is_part)
        for one in Amount.objects.select_related("call")
    ) == sorted(
        [
            ("pio-circulaire-economie-energietransitie-2020", "ceiling", 1_000_000, True, False),
            ("pio-circulaire-economie-energietransitie-2020", "support", 30_000, True, False),
            ("icon-artificiele-intelligentie", "budget", 5_000_000, False, False),
            ("opleidingen-in-bedrijven-ai", "budget", 6_400_000, False, False),
            ("opleidingen-in-bedrijven-ai", "ceiling", 80_000, False, False),
            ("opleidingen-in-bedrijven-2-2015", "ceiling", 100_000, False, False),
            (ESF, "budget", 3_300_000, False, False),
            (ESF, "budget", 1_320_000, False, True),
            (ESF, "budget", 1_980_000, False, True),
            (ESF, "ceiling", 100_000, False, False),
            (ESF, "ceiling", 40_000, False, True),
            (ESF, "ceiling", 60_000, False, True),
            ("esf-opleidingsprojecten-ai", "awarded", 2_800_000, False, False),
        ]
    )


def test_calls_are_public_with_a_title_in_every_language() -> None:
    load()

    assert Call.objects.public().count() == Call.objects.count() == 11
    for language in ("nl", "fr", "en"):
        assert not Call.objects.filter(**{f"title_{language}": None}).exists()


def test_figures_are_those_of_the_sources() -> None:
    load()

    assert sorted((one.code, int(one.value), one.currency) for one in Figure.objects.all()) == [
        ("basiskennis-ai", 100_000, ""),
        ("deep-tech-fonds", 75_000_000, "EUR"),
        ("opleiding-vlaanderen-esf", 8_500_000, "EUR"),
    ]


# Again, and after editing ------------------------------------------------------------------------


def test_load_again_changes_nothing() -> None:
    load("--upcoming")
    before = whole_database()

    load("--upcoming")

    assert whole_database() == before


def test_load_says_what_it_added() -> None:
    first, second = load(), load()

    assert ": 0 added" not in first
    assert ": 0 added" in second


def test_load_again_leaves_edits_as_they_are(real_session: Session) -> None:
    real_session.title = "Een betere titel"
    real_session.save()
    real_session.agenda_items.filter(title="Korte pauze").delete()
    real_session.themes.clear()
    Theme.objects.filter(number=1).update(title="Anders", title_nl="Anders")
    Programme.objects.filter(slug="pio").update(contact_email="andere@example.org")
    Speaker.objects.filter(slug="rob-heyman").update(name="Rob H.")
    CharterSignature.objects.first().delete()
    Deadline.objects.all().delete()
    Preparation.objects.all().delete()
    before = whole_database()

    load()

    assert whole_database() == before


def test_load_again_brings_back_what_is_missing(real_session: Session) -> None:
    Call.objects.filter(slug="esf-opleidingsprojecten-ai").delete()

    load()

    assert Call.objects.filter(slug="esf-opleidingsprojecten-ai").exists()


# The example in the near future ------------------------------------------------------------------


def test_upcoming_is_refused_outside_local_mode(settings: Settings) -> None:
    settings.LOCAL_MODE = False

    with pytest.raises(CommandError):
        load("--upcoming")

    assert not User.objects.exists()
    assert not Session.objects.exists()


def test_load_without_examples_works_outside_local_mode(settings: Settings) -> None:
    settings.LOCAL_MODE = False

    load()

    assert Session.objects.filter(is_example=False).exists()
    assert not Session.objects.filter(is_example=True).exists()
    assert not User.objects.exists()


any_moment = st.datetimes(datetime(2020, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))


def test_upcoming_session_is_on_a_thursday_and_open_whatever_the_moment() -> None:
    accounts.seeding.load()

    @given(now=any_moment)
    @example(now=datetime(2027, 3, 27, 23, 30, tzinfo=UTC))
    @example(now=datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    @example(now=datetime(2027, 12, 31, 23, 30, tzinfo=UTC))
    @example(now=datetime(2028, 2, 15, 23, 30, tzinfo=UTC))
    @hypothesis_settings(max_examples=40, deadline=None)
    def check(now: datetime) -> None:
        # Each moment starts anew: what is made is taken back.
        with transaction.atomic():
            session = events.seeding.load_example(now)
            deadline = procurement.seeding.load_example(now).deadlines.get()
            transaction.set_rollback(True)

        start = session.starts_at.astimezone(BRUSSELS)
        assert (start.isoweekday(), f"{start:%H:%M}") == (4, "14:00")
        assert session.state(now, is_full=False) == SessionState.OPEN
        assert days(13) < session.starts_at - now < days(22)
        assert session.registration_closes_at - now > days(11)
        assert deadline.closes_at > session.ends_at

    check()


def test_upcoming_session_is_kept_as_long_as_it_is_open() -> None:
    accounts.seeding.load()
    first = events.seeding.load_example(NOW)

    later = events.seeding.load_example(first.registration_closes_at - days(2) - timedelta(hours=1))

    assert later == first


def test_upcoming_session_that_has_closed_makes_place_for_a_new_one_and_stays() -> None:
    accounts.seeding.load()
    first = events.seeding.load_example(NOW)
    now = first.registration_closes_at

    second = events.seeding.load_example(now)

    assert second.state(now, is_full=False) == SessionState.OPEN
    assert set(Session.objects.filter(is_example=True)) == {first, second}


@pytest.mark.parametrize(
    "edit", [{"status": "cancelled"}, {"registration_closes_at": NOW + timedelta(hours=1)}]
)
def test_upcoming_session_that_was_cancelled_or_closed_early_makes_place_for_an_open_one(
    edit: dict[str, object],
) -> None:
    accounts.seeding.load()
    first = events.seeding.load_example(NOW)
    Session.objects.filter(pk=first.pk).update(**edit)

    second = events.seeding.load_example(NOW)

    assert second != first
    assert second.state(NOW, is_full=False) == SessionState.OPEN
    assert second.starts_at.astimezone(BRUSSELS).isoweekday() == 4


def test_upcoming_session_has_seats_a_line_and_a_link_that_is_not_yet_out() -> None:
    accounts.seeding.load()

    session = events.seeding.load_example(NOW)

    assert session.seats.capacity == events.seeding.EXAMPLE_CAPACITY
    assert session.has_waiting_list
    assert session.virtual_link.url == events.seeding.EXAMPLE_LINK
    assert session.link_released_at > NOW
    assert make_registration(session).is_confirmed


def test_upcoming_session_and_call_say_that_they_are_examples() -> None:
    load("--upcoming")

    session, call = Session.objects.get(is_example=True), Call.objects.get(is_example=True)
    assert (session.title_nl[:10], session.title_fr[:9], session.title_en[:8]) == (
        "Voorbeeld:",
        "Exemple :",
        "Example:",
    )
    assert call.title_nl.startswith("Voorbeeld:")


def test_upcoming_session_leads_to_the_deadline_of_the_example() -> None:
    load("--upcoming")
    session = Session.objects.get(is_example=True)

    deadline = next_deadline(session, timezone.now())

    assert deadline is not None
    assert deadline.call.is_example


def test_upcoming_makes_an_organiser_who_signs_in_by_mail() -> None:
    said = load("--upcoming")

    organiser = User.objects.get()
    assert organiser.email in said
    assert organises(organiser)
    assert not organiser.has_usable_password()
    assert EmailAddress.objects.get().verified


def test_upcoming_again_gives_back_no_right_that_was_taken_away() -> None:
    load("--upcoming")
    Membership.objects.all().delete()

    load("--upcoming")

    assert not organises(User.objects.get())
