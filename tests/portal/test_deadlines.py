from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Theme
from events.models import Session
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from portal.models import Preparation
from portal.timeline import MONTHS, SHOWN, year_from
from procurement.changing import Edit, note_status, save_deadline
from procurement.models import Amount, Call, Deadline, Eligibility
from tests.build import (
    NOW,
    at,
    days,
    make_call,
    make_deadline,
    make_organisation,
    make_programme,
    make_session,
)
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def closing_in(number: float) -> Closing:
    return Closing(Edge.AT_TIME, NOW + days(number), BRUSSELS)


def page(client: CheckedClient, path: str = "/deadlines/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def order(html: str, *parts: str) -> list[str]:
    """The parts in the order in which they first stand on a page; all of them must."""
    assert [part for part in parts if part not in html] == []
    return sorted(parts, key=html.index)


# The list ----------------------------------------------------------------------------------------


def test_list_has_the_next_first_then_the_year_then_the_rest(client: CheckedClient) -> None:
    make_call(title="Zonder datum")
    make_deadline(call=make_call(title="Voorbij nu"), closing=closing_in(-1))
    make_deadline(call=make_call(title="Veraf"), closing=closing_in(90))
    make_deadline(call=make_call(title="Dichtbij"), closing=closing_in(2))

    titles = [f">{title}</a>" for title in ("Dichtbij", "Veraf", "Zonder datum", "Voorbij nu")]
    parts = (titles[0], 'class="year"', *titles[1:])
    assert order(page(client), *parts) == list(parts)


def test_list_says_a_moment_in_the_words_of_its_edge(client: CheckedClient) -> None:
    make_deadline(closing=Closing.from_local(Edge.AT_TIME, date(2027, 12, 13), None, BRUSSELS))

    assert "Indiendatum: uiterlijk maandag 13 december 2027 om 24u00" in page(client)


def test_draft_is_nowhere(client: CheckedClient) -> None:
    draft = make_call(title="Nog geheim", status=Call.Status.DRAFT)
    make_deadline(call=draft, closing=closing_in(3))
    draft.themes.add(Theme.objects.create(number=1, code="k", title="Ook", short_title="Ook"))
    draft.organisers.add(make_organisation(name="Geheime dienst"))

    shown = page(client) + page(client, "/deadlines/?q=geheim") + page(client, "/")

    assert "Nog geheim" not in shown
    assert "Geheime dienst" not in shown
    assert client.get(draft.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("path", ["/deadlines/", "/fr/deadlines/", "/en/deadlines/"])
def test_list_without_any_is_still_a_page(client: CheckedClient, path: str) -> None:
    assert page(client, path)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=innovatie", {"Innovatie"}),
        ("q=INNOVATIE", {"Innovatie"}),
        ("q=energie", {"Innovatie"}),
        ("q=ÉNÈRGIË transitie", {"Innovatie"}),
        ("q=transitie energie", {"Innovatie"}),
        ("q=energie bedrijven", set()),
        ("q=100%25", set()),
        ("q=l'économie", {"Innovatie"}),
        ("q=agence", {"Bedrijven"}),
        ("q=ethiek", {"Innovatie"}),
        ("theme=ethiek", {"Innovatie"}),
        ("group=smes", {"Bedrijven"}),
        ("group=local_authorities", {"Innovatie"}),
        ("organiser=vlaio", {"Bedrijven"}),
        ("status=closing_soon", {"Innovatie"}),
        ("status=announced", {"Bedrijven"}),
        ("amount=100000", {"Bedrijven"}),
        ("amount=1000000", set()),
        ("theme=ethiek&group=smes", set()),
        ("theme=guessed", {"Innovatie", "Bedrijven"}),
        ("status=draft", {"Innovatie", "Bedrijven"}),
    ],
)
def test_filters_leave_what_was_chosen(client: CheckedClient, query: str, found: set[str]) -> None:
    texts = {"title": "Innovatie", "summary": "Energïëtransitie", "body_fr": "L’ECONOMIE verte"}
    first = make_deadline(call=make_call(**texts), closing=closing_in(3)).call
    first.themes.add(Theme.objects.create(number=1, code="ethiek", title="Ethiek", short_title="E"))
    first.eligibilities.create(group=Eligibility.Group.LOCAL_AUTHORITIES)
    first.eligibilities.create(group=Eligibility.Group.SMES, may_submit=False)
    second = make_call(title="Bedrijven")
    second.eligibilities.create(group=Eligibility.Group.SMES)
    second.organisers.add(make_organisation(slug="vlaio", name_fr="Agence flamande"))
    second.amounts.create(kind=Amount.Kind.CEILING, value=100_000)
    second.amounts.create(kind=Amount.Kind.CEILING, value=2_000_000, is_part=True)

    shown = page(client, f"/deadlines/?{query}")

    assert {title for title in ("Innovatie", "Bedrijven") if f">{title}</a>" in shown} == found


def test_filter_that_is_on_can_be_taken_away_and_goes_along_to_the_feed(
    client: CheckedClient,
) -> None:
    make_deadline()

    shown = page(client, "/deadlines/?status=open&q=oproep&page=1")

    assert 'href="?q=oproep"' in shown
    assert "/deadlines/calendar.ics?status=open&amp;q=oproep" in shown


def test_search_that_finds_no_date_says_what_to_do_and_shows_no_year(
    client: CheckedClient,
) -> None:
    make_session()
    make_call(title="Zonder datum")
    make_deadline(closing=closing_in(5))

    undated, nothing = page(client, "/deadlines/?q=zonder"), page(client, "/deadlines/?q=niets")

    assert "1 oproep gevonden" in undated
    assert "Zoek met minder of andere woorden" in nothing
    assert 'href="/follow/"' in nothing
    assert [shown.count('class="year"') for shown in (undated, nothing)] == [0, 0]


def test_list_has_pages(client: CheckedClient) -> None:
    for number in range(25):
        make_deadline(call=make_call(title=f"Nummer {number:02}"), closing=closing_in(1 + number))

    first, second = page(client), page(client, "/deadlines/?page=2")

    assert ">Nummer 19</a>" in first
    assert ">Nummer 20</a>" not in first
    assert ">Nummer 20</a>" in second
    assert ">Nummer 00</a>" not in second


def test_list_costs_the_same_queries_for_20_calls_and_for_2000(client: CheckedClient) -> None:
    programme, organisation = make_programme(), make_organisation()
    numbers = []
    for size in (20, 1980):
        made = Call.objects.bulk_create(
            Call(
                slug=f"veel-{size}-{number}",
                title=f"Oproep {number}",
                title_nl=f"Oproep {number}",
                programme=programme,
                status=Call.Status.PUBLISHED,
            )
            for number in range(size)
        )
        Deadline.objects.bulk_create(
            Deadline(
                call=call, edge=Edge.AT_TIME, closes_at=NOW + timedelta(hours=4 * position + 1)
            )
            for position, call in enumerate(made, start=-10)
        )
        Amount.objects.bulk_create(Amount(call=call, kind="ceiling", value=1) for call in made)
        Call.organisers.through.objects.bulk_create(
            Call.organisers.through(call=call, organisation=organisation) for call in made
        )
        with CaptureQueriesContext(connection) as queries:
            page(client)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


# The year ----------------------------------------------------------------------------------------


def test_year_begins_with_this_month_in_brussels() -> None:
    last_hour_of_may = at("23:30", date(2027, 5, 31))

    months = year_from(last_hour_of_may, Call.objects.all(), None)

    assert len(months) == MONTHS
    assert (months[0].first_day, months[0].is_now) == (date(2027, 5, 1), True)
    assert months[-1].first_day == date(2028, 4, 1)


@pytest.mark.parametrize(
    ("closing", "month", "day"),
    [
        (Closing.from_local(Edge.AT_TIME, date(2027, 12, 31), None, BRUSSELS), 7, 31),
        (Closing.from_local(Edge.BEFORE_DATE, date(2028, 1, 1), None, BRUSSELS), 7, 31),
        (Closing.from_local(Edge.ON_DATE, date(2028, 1, 1), None, BRUSSELS), 8, 1),
        (Closing.from_local(Edge.THROUGH_DATE, date(2028, 4, 30), None, BRUSSELS), 11, 30),
        (Closing.from_local(Edge.THROUGH_DATE, date(2027, 5, 1), None, BRUSSELS), 0, 1),
    ],
)
def test_deadline_stands_in_the_month_of_its_last_day(
    closing: Closing, month: int, day: int
) -> None:
    make_deadline(closing=closing)

    months = year_from(NOW, Call.objects.all(), None)

    found = [
        (number, event.day.day) for number, one in enumerate(months) for event in one.deadlines
    ]
    assert found == [(month, day)]


@pytest.mark.parametrize("day", [date(2027, 4, 30), date(2028, 5, 1)])
def test_deadline_outside_the_year_is_not_in_it(day: date) -> None:
    make_deadline(closing=Closing.from_local(Edge.AT_TIME, day, None, BRUSSELS))

    assert all(month.is_empty for month in year_from(NOW, Call.objects.all(), None))


def test_year_names_a_few_of_each_month_and_counts_the_rest() -> None:
    for number in range(SHOWN + 2):
        make_deadline(closing=closing_in(40 + number / 10))
        make_session()

    june = year_from(NOW, Call.objects.all(), None)[1]

    assert (len(june.deadlines), june.more_deadlines) == (SHOWN, 2)
    assert (len(june.sessions), june.more_sessions) == (SHOWN, 2)


def test_year_has_no_draft_and_nothing_cancelled() -> None:
    make_session(status=Session.Status.DRAFT)
    make_session(status=Session.Status.CANCELLED)
    make_deadline(call=make_call(status=Call.Status.DRAFT))
    make_deadline(call=make_call(status=Call.Status.CANCELLED))
    make_deadline(cancelled_at=NOW)

    assert all(month.is_empty for month in year_from(NOW, Call.objects.all(), None))


# The page of a call ------------------------------------------------------------------------------


def test_call_shows_its_path_with_where_one_is(client: CheckedClient) -> None:
    call = make_call()
    first = make_deadline(call=call, kind="pre_notification", closing=closing_in(-3))
    make_deadline(call=call, closing=closing_in(23), requires=first)
    make_deadline(call=call, kind="decision", closing=closing_in(90), is_confirmed=False)

    shown = page(client, call.get_absolute_url())

    parts = ("Vooraanmelding: ", 'aria-current="step"', "U bent hier: nog 23 dagen.", "Beslissing:")
    assert order(shown, *parts) == list(parts)
    assert "Alleen voor wie deze stap zette: vooraanmelding." in shown
    assert shown.count('aria-current="step"') == 1


def test_call_says_the_latest_day_to_ask_for_the_intake_talk(client: CheckedClient) -> None:
    closing = Closing.from_local(Edge.AT_TIME, date(2027, 5, 25), None, BRUSSELS)
    call = make_deadline(closing=closing, intake_working_days=5).call

    shown = page(client, call.get_absolute_url())

    # Whit Monday, 17 May, is no working day.
    assert "uiterlijk dinsdag 18 mei 2027" in shown
    assert order(shown, "Vraag het intakegesprek", "U bent hier.", "Indiendatum: uiterlijk dinsdag")


def test_call_shows_money_as_the_source_gives_it(client: CheckedClient) -> None:
    call = make_call()
    call.amounts.create(kind="budget", value=3_300_000)
    call.amounts.create(kind="budget", value=1_320_000, is_part=True, label="ESF")
    call.amounts.create(kind="ceiling", value=1_000_000, is_indicative=True, currency="USD")
    call.cofinancing.create(kind="own", percentage="37.5", group="kleine bedrijven")

    shown = page(client, call.get_absolute_url())

    for words in ("3.300.000 euro", "1.320.000 euro", "ESF", "ongeveer 1.000.000 USD", "37,5"):
        assert words in shown
    assert "4.620.000" not in shown


def test_call_says_who_may_and_who_may_not(client: CheckedClient) -> None:
    call = make_call(target_group="Steden", excluded_group="Wie al steun kreeg")
    call.eligibilities.create(group="care")
    call.eligibilities.create(group="smes", may_submit=False)

    shown = page(client, call.get_absolute_url())

    parts = ("Steden", "Ziekenhuizen en", "Wie al steun kreeg", "Kleine en middelgrote")
    assert order(shown, *parts) == list(parts)


def test_call_shows_its_history_with_the_reason_and_without_who(client: CheckedClient) -> None:
    deadline = make_deadline(closing=closing_in(30))
    deadline.closes_at += days(7)
    save_deadline(deadline, Edit(None, NOW, "Veel vragen kwamen laat."))

    shown = page(client, deadline.call.get_absolute_url())

    assert shown.count("erlengd van") == 2
    assert "Veel vragen kwamen laat." in shown


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Call.Status.SUSPENDED, "De organisator heeft deze oproep opgeschort"),
        (Call.Status.CANCELLED, "De organisator heeft deze oproep geannuleerd."),
    ],
)
def test_call_that_stopped_says_so(client: CheckedClient, status: str, sentence: str) -> None:
    deadline = make_deadline()
    deadline.call.status = status
    deadline.call.save()
    note_status(deadline.call, Call.Status.PUBLISHED, Edit(None, NOW, "Geen budget."))

    shown = page(client, deadline.call.get_absolute_url())

    assert sentence in shown
    assert "Geen budget." in shown


def test_call_names_the_last_session_before_its_deadline(client: CheckedClient) -> None:
    deadline = make_deadline(closing=closing_in(60))
    titles = {}
    for title, number in (("Vroeg", 10), ("Laatste", 50), ("Te laat", 70)):
        titles[title] = make_session(
            title=title, starts_at=NOW + days(number), ends_at=NOW + days(number + 0.1)
        )
        Preparation.objects.create(session=titles[title], call=deadline.call)

    shown = page(client, deadline.call.get_absolute_url())

    note = "Laatste sessie vóór deze indiendatum"
    assert shown.count(note) == 1
    assert order(shown, ">Vroeg</a>", ">Laatste</a>", note, ">Te laat</a>")[1:3] == [
        ">Laatste</a>",
        note,
    ]


def test_call_keeps_earlier_rounds_apart(client: CheckedClient) -> None:
    call = make_call(kind=Call.Kind.RECURRING)
    make_deadline(call=call, closing=closing_in(-800), outcome="29 voorstellen")
    make_deadline(call=call, closing=closing_in(30))

    shown = page(client, call.get_absolute_url())

    assert order(shown, "U bent hier", "Eerdere rondes", "29 voorstellen")[0] == "U bent hier"


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_call_shows_its_text_without_what_could_do_harm(
    client: CheckedClient, language: str
) -> None:
    call = make_call(body="## Kop\n\n<script>alert(1)</script> [a](javascript:alert(1))")
    prefix = "" if language == "nl" else f"/{language}"

    shown = page(client, f"{prefix}/deadlines/{call.slug}/")

    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
