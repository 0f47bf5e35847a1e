"""The attendee list against plain predicates, and addresses that ask nonsense of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from accounts.names import matching_key
from events import messages
from events.attendees import COLUMNS, DEFAULT_COLUMNS, FILTERS, MOST_VALUES, Listing
from events.models import Needs, Presence, Registration, RegistrationGroup, Session
from mailing import outbox
from mailing.models import Message
from tests.build import (
    LINK,
    NOW,
    anonymise,
    days,
    make_organisation,
    make_registration,
    make_session,
)

Predicate = Callable[[Registration, str], bool]


def ask(query: str) -> Listing:
    return Listing.read(QueryDict(query))


def shown(session: Session, query: str) -> list[Registration]:
    return list(ask(query).registrations(session, NOW))


def names(session: Session, query: str) -> set[str]:
    return {row.name for row in shown(session, query)}


# Filters as plain predicates ---------------------------------------------------------------------


def contains(attribute: str) -> Predicate:
    return lambda row, value: value.lower() in getattr(row, attribute).lower()


def latest_mail(row: Registration) -> str:
    told = {"waiting", "sent", "failed"}
    mails = Message.objects.filter(kind__startswith="events.", object_id=row.pk).order_by("pk")
    return next((mail.state for mail in reversed(mails) if mail.state in told), "none")


def presence_of(row: Registration, name: str) -> str:
    return getattr(Presence.objects.filter(registration=row).first(), name, "none")


def local_day(row: Registration) -> date:
    return timezone.localtime(row.received_at, row.session.zone).date()


PREDICATES: dict[str, Predicate] = {
    "state": lambda row, value: row.state == value,
    "mail": lambda row, value: latest_mail(row) == value,
    "presence": lambda row, value: presence_of(row, "state") == value,
    "how": lambda row, value: presence_of(row, "how") == value,
    "name": contains("name"),
    "email": contains("email"),
    "organisation": lambda row, value: (
        contains("organisation_name")(row, value)
        or matching_key(value) in matching_key(row.organisation_name)
    ),
    "job": contains("job_title"),
    "kind": lambda row, value: (row.organisation.kind if row.organisation else "unknown") == value,
    "language": lambda row, value: row.language == value,
    "outside": lambda row, value: row.is_outside_audience == (value == "yes"),
    "grouped": lambda row, value: (row.group is not None) == (value == "yes"),
    "group": lambda row, value: (
        row.group is not None and value.lower() in row.group.requested_by.lower()
    ),
    "needs": lambda row, value: Needs.objects.filter(registration=row).exists() == (value == "yes"),
    "from": lambda row, value: local_day(row) >= date.fromisoformat(value),
    "until": lambda row, value: local_day(row) <= date.fromisoformat(value),
}
TEXTS = st.sampled_from(["an", "Peeters", "stad", "example.org", "10%", "_", "zz", "a b"])
DAYS = st.sampled_from(["2027-05-08", "2027-05-09", "2027-05-10", "2027-05-11"])


def values_of(name: str) -> st.SearchStrategy[str]:
    one = next(one for one in FILTERS if one.name == name)
    if one.choices:
        return st.sampled_from([value for value, _label in one.choices])
    return DAYS if one.is_day else TEXTS


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[str, list[str]], set[str], bool]:
    chosen = draw(st.lists(st.sampled_from(sorted(PREDICATES)), max_size=3, unique=True))
    values = {
        name: draw(st.lists(values_of(name), min_size=1, max_size=2, unique=True))
        for name in chosen
    }
    inverted = {name for name in chosen if draw(st.booleans())}
    return values, inverted, draw(st.booleans())


def expected(
    rows: list[Registration], values: dict[str, list[str]], inverted: set[str], is_any: bool
) -> set[int]:
    def is_left(row: Registration) -> bool:
        verdicts = [
            any(PREDICATES[name](row, value) for value in alternatives) != (name in inverted)
            for name, alternatives in values.items()
        ]
        return any(verdicts) if is_any and len(verdicts) > 1 else all(verdicts)

    return {row.pk for row in rows if is_left(row)}


@pytest.fixture
def people(db: None) -> list[Registration]:
    """Fourteen people who differ in everything by which the list can be narrowed."""
    session = make_session(capacity=7)
    agency: Organisation = make_organisation(kind="flemish_agency")
    town = make_organisation(name="Stad", kind="local_authority")
    group = RegistrationGroup.objects.create(
        session=session, requested_by="An Baas", received_at=NOW
    )
    for number in range(14):
        row = make_registration(
            session,
            email=f"{['jan', 'an'][number % 2]}{number}@example.{['org', 'be'][number % 2]}",
            name=["An Peeters", "Jan De Smet", "10% _onder"][number % 3],
            organisation_name=["Stad Gent", "Agentschap", "a  b"][number % 3],
            language=["nl", "fr"][number % 2],
            job_title=["", "Peetersadviseur"][number % 2],
            now=NOW - timedelta(hours=5 * number),
        )
        row.organisation = [agency, town, None][number % 3]
        row.is_outside_audience = number % 4 == 0
        row.group = group if number in {3, 4, 5} else None
        row.save()
        if number % 5 == 0:
            Needs.objects.create(registration=row, access="Tolk", consented_at=NOW)
        if number % 3 != 1:
            marks = [("present", "on_site"), ("walk_in", "online"), ("absent", "")]
            presence, how = [*marks, ("excused", "")][number % 4]
            Presence.objects.create(registration=row, state=presence, how=how, marked_at=NOW)
        state = ["waiting", "sent", "failed", "dropped", "withdrawn"][number % 5]
        closed_at = None if state == "waiting" else NOW
        Message.objects.filter(object_id=row.pk).update(state=state, closed_at=closed_at)
        if number == 7:
            row.state, row.cancelled_at, row.cancelled_by = "cancelled", NOW, "owner"
            row.save()
    return list(session.registrations.select_related("organisation", "group", "session"))


def test_every_filter_is_compared_with_a_predicate() -> None:
    assert set(PREDICATES) == {one.name for one in FILTERS}


def test_filters_leave_whom_the_predicates_leave(people: list[Registration]) -> None:
    session = people[0].session

    @settings(max_examples=150, deadline=None)
    @given(question=questions())
    # Turned round beside a look at the same rows: who is in no group is not left out.
    @example(question=({"grouped": ["yes", "no"], "group": ["an"]}, {"grouped", "group"}, True))
    def holds(question: Any) -> None:
        values, inverted, is_any = question
        parameters = QueryDict(mutable=True)
        for name, alternatives in values.items():
            parameters.setlist(name, alternatives)
        parameters.setlist("not", sorted(inverted))
        if is_any:
            parameters["match"] = "any"

        left = [row.pk for row in Listing.read(parameters).registrations(session, NOW)]

        assert sorted(left) == sorted(expected(people, values, inverted, is_any))

    holds()


@pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)
def test_filter_and_its_inverse_share_everybody_out(one: Any, people: list[Registration]) -> None:
    session = people[0].session
    typed = one.choices[0][0] if one.choices else "2027-05-09" if one.is_day else "an"

    left = {row.pk for row in shown(session, f"{one.name}={typed}")}
    others = {row.pk for row in shown(session, f"{one.name}={typed}&not={one.name}")}

    assert left | others == {row.pk for row in people}
    assert left & others == set()


def test_search_wants_each_word_somewhere(people: list[Registration]) -> None:
    session = people[0].session

    assert names(session, "q=peeters+gent") == {"An Peeters"}
    assert names(session, "q=PEETERS++agentschap") == set()
    assert names(session, "q=%25") == {"10% _onder"}


def test_search_finds_an_organisation_without_its_accents(db: None) -> None:
    session = make_session()
    row = make_registration(session, organisation_name="Coördinatiecel Économie")

    assert shown(session, "q=coordinatie") == [row]
    assert shown(session, "organisation=economie") == [row]


def test_received_days_are_those_of_the_zone_of_the_session(db: None) -> None:
    session = make_session(time_zone="America/New_York")
    # 22:00 on the ninth in New York, the tenth in Brussels.
    make_registration(session, now=NOW.replace(day=10, hour=2))

    assert len(shown(session, "from=2027-05-09&until=2027-05-09")) == 1
    assert shown(session, "from=2027-05-10") == []


def test_received_until_holds_the_last_instant_of_the_day_when_the_clocks_change(
    db: None,
) -> None:
    session = make_session()
    last = NOW.replace(year=2027, month=3, day=28, hour=21, minute=59, second=59)
    make_registration(session, now=last)
    make_registration(session, now=last + timedelta(seconds=1))

    assert len(shown(session, "from=2027-03-28&until=2027-03-28")) == 1
    assert len(shown(session, "from=2027-03-29")) == 1


def test_list_holds_nobody_of_another_session(people: list[Registration]) -> None:
    other = make_session()
    make_registration(other, name="An Peeters")

    assert len(shown(people[0].session, "")) == len(people)
    assert len(shown(other, "state=confirmed&state=waiting&match=any&language=nl")) == 1


# Order -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [one for one in COLUMNS if one.order], ids=lambda one: one.name)
@pytest.mark.parametrize("sign", ["", "-"])
def test_list_can_be_sorted_by_each_column_and_loses_nobody(
    column: Any, sign: str, people: list[Registration]
) -> None:
    rows = shown(people[0].session, f"sort={sign}{column.name}")

    assert sorted(row.pk for row in rows) == sorted(row.pk for row in people)


def test_names_are_sorted_whatever_their_case(db: None) -> None:
    session = make_session()
    for name in ["van Dyck", "Zoë", "An", "Vanden"]:
        make_registration(session, name=name)

    assert next(row.name for row in shown(session, "sort=name")) == "An"
    assert next(row.name for row in shown(session, "sort=-name")) == "Zoë"


def test_what_is_empty_comes_last_either_way(people: list[Registration]) -> None:
    for sort in ["cancelled", "-cancelled"]:
        rows = shown(people[0].session, f"sort={sort}")

        assert [row.cancelled_at is None for row in rows] == [False] + [True] * 13


# Addresses ---------------------------------------------------------------------------------------

NONSENSE = [
    "state=nonsense",
    "state=",
    "state=%00",
    "name=%00",
    "q=%00",
    "q=" + "x" * 5000,
    "q=%ED%A0%80",
    "from=2027-13-45",
    "from=0001-01-01",
    "until=9999-12-31",
    "until=20270510",
    "until=2027-W01-1",
    "from=%D9%A2%D9%A0%D9%A2%D9%A7-05-10",
    "sort=nonsense",
    "sort=--name",
    "sort=-",
    "sort=access",
    "sort=pk",
    "column=nonsense",
    "column=access",
    "not=state",
    "not=%00",
    "match=any",
    "match=all&state=waiting",
    "session=1&organisation__kind=x&state__in=confirmed",
    "kind=%27%3B+DROP+TABLE",
    "&".join(f"name=a{number}" for number in range(900)),
    "outside=maybe",
    "page=-1&page=99999999999999999999",
]


@pytest.mark.parametrize("query", NONSENSE, ids=lambda query: query[:30])
def test_nonsense_in_an_address_is_left_out(query: str, people: list[Registration]) -> None:
    listing = ask(query)

    assert isinstance(list(listing.registrations(people[0].session, NOW)), list)
    assert listing.pills() is not None
    assert all(len(values) <= MOST_VALUES for _name, values in listing.values)


@pytest.mark.parametrize("query", ["state=nonsense", "q=%00", "from=9999-99-99", "not=state"])
def test_address_that_means_nothing_shows_everybody(query: str, people: list[Registration]) -> None:
    assert ask(query) == Listing()
    assert len(shown(people[0].session, query)) == len(people)


NAMES = [one.name for one in FILTERS] + ["q", "not", "match", "column", "sort", "page", "other"]
VALUES = st.one_of(
    st.sampled_from([one.name for one in FILTERS] + ["confirmed", "yes", "any", "-name", "name"]),
    st.sampled_from([column.name for column in COLUMNS]),
    DAYS,
    st.text(max_size=120),
)


@settings(max_examples=300, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8))
def test_every_listing_has_one_address(pairs: list[tuple[str, str]]) -> None:
    parameters = QueryDict(mutable=True)
    for name, value in pairs:
        parameters.appendlist(name, value)

    listing = Listing.read(parameters)

    assert Listing.read(QueryDict(listing.query)) == listing
    assert Listing.read(QueryDict(listing.query)).query == listing.query


def test_pill_takes_one_filter_away() -> None:
    listing = ask("q=an&state=confirmed&state=waiting&language=fr&not=language&match=any")

    reads = {pill.words: pill.without for pill in listing.pills()}

    assert reads == {
        "Gezocht: “an”": "state=confirmed&state=waiting&language=fr&not=language&match=any",
        "Toestand: ingeschreven": "q=an&state=waiting&language=fr&not=language&match=any",
        "Toestand: op de wachtlijst": "q=an&state=confirmed&language=fr&not=language&match=any",
        "Taal van de mails: niet Français": "q=an&state=confirmed&state=waiting",
        "Eén van deze volstaat": ("q=an&state=confirmed&state=waiting&language=fr&not=language"),
    }


def test_view_to_keep_holds_nothing_by_which_a_person_was_sought() -> None:
    listing = ask(
        "q=peeters&name=an&email=jan%40example.org&group=baas&state=waiting&not=name&sort=name"
    )

    assert listing.to_keep() == "state=waiting&sort=name"


def test_columns_stand_in_the_order_of_the_list_of_them() -> None:
    assert ask("column=state&column=name").column_names == ("name", "state")
    assert ask("").column_names == DEFAULT_COLUMNS


def test_anonymous_row_tells_nothing_about_anybody(db: None) -> None:
    row = make_registration(make_session(), name="An Geheim", email="geheim@example.org")
    anonymise(row)
    (read,) = ask("").registrations(row.session, NOW)

    cells = {column.name: column.cell(read) for column in COLUMNS}

    assert cells["name"] == "anoniem"
    assert {cells[name] for name in ["email", "organisation", "job", "group", "diet"]} == {None}
    assert cells["state"] == "ingeschreven"


@pytest.mark.parametrize(("early", "expected"), [(days(0), ["Bo"]), (days(0.001), [])])
def test_who_is_owed_the_link_is_found_from_its_release(
    db: None, early: timedelta, expected: list[str]
) -> None:
    session = make_session(link=LINK, capacity=2)
    an, _bo, _waits = (make_registration(session, name=name) for name in ("An", "Bo", "Cas"))
    key = f"registration:{an.pk}:link:{session.link_round}"
    outbox.put([outbox.Draft(key, messages.LINK, an.pk, an.email, NOW)])

    rows = ask("mail=link-owed").registrations(session, session.link_released_at - early)

    assert [row.name for row in rows] == expected


def test_latest_mail_tells_what_the_provider_let_know(db: None) -> None:
    session = make_session()
    outcomes = ["", "delivered", "bounced", "complained"]
    for outcome in outcomes:
        row = make_registration(session, name=outcome or "sent")
        Message.objects.filter(object_id=row.pk).update(
            state="sent", closed_at=NOW, outcome=outcome
        )

    for state in ["sent", *outcomes[1:]]:
        assert [row.name for row in ask(f"mail={state}").registrations(session, NOW)] == [state]
