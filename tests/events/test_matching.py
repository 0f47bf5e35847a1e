"""Typed names of organisations: gathering, linking, setting aside, and taking that back."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import directory, merging
from accounts.auditing import SYSTEM
from accounts.models import Action, AuditEntry, NameMatch, Organisation
from events import matching, registering
from events.matching import CannotMatch, TypedName
from events.models import Registration, Session
from tests.build import NOW, anonymise, make_organisation, make_registration, make_session
from tests.events.racing import at_once

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def known(name: str, *, domain: str = "", **fields: Any) -> Organisation:
    organisation = make_organisation(name=name, **fields)
    directory.index_names(organisation)
    if domain:
        organisation.domains.create(domain=domain)
    return organisation


@pytest.fixture
def session() -> Session:
    return make_session()


def typed(session: Session, name: str, email: str = "", **fields: Any) -> Registration:
    return make_registration(session, organisation_name=name, email=email, **fields)


def gathered() -> list[TypedName]:
    return matching.gathered(list(matching.keys()))


def gathered_one(name: str) -> TypedName:
    [found] = matching.gathered([directory.key_of(name)])
    return found


def link(name: str, organisation: Organisation) -> NameMatch:
    return matching.link(gathered_one(name), organisation, by=SYSTEM, now=NOW)


def undo(match: NameMatch) -> bool:
    return matching.undo(match, by=SYSTEM, now=LATER)


def organisations() -> list[str | None]:
    """What each registration points to, in order."""
    rows = Registration.objects.order_by("pk")
    return list(rows.values_list("organisation__name_nl", flat=True))


# Gathering ---------------------------------------------------------------------------------------


def test_gathered_takes_spellings_of_one_name_together(session: Session) -> None:
    for name in ("Dienst Water", "dienst  WATER", "Dienst Water", "Diénst water"):
        typed(session, name)

    assert [(name.name, name.number) for name in gathered()] == [("Dienst Water", 4)]


def test_gathered_begins_with_what_was_typed_most_then_last(session: Session) -> None:
    typed(session, "Eens, vroeg")
    for _ in range(2):
        typed(session, "Tweemaal")
    typed(session, "Eens, later", now=LATER)

    assert [name.name for name in gathered()] == ["Tweemaal", "Eens, later", "Eens, vroeg"]
    assert gathered()[1].last_at == LATER


def test_gathered_leaves_out_what_is_known_or_anonymous(session: Session) -> None:
    known("Stad Gent")
    typed(session, "stad gent")
    gone = typed(session, "Jan Peeters")
    anonymise(gone)
    unnamed = typed(session, "Iets")
    Registration.objects.filter(pk=unnamed.pk).update(organisation_key="")

    assert gathered() == []


def test_gathered_counts_the_mail_domains_and_holds_no_address(session: Session) -> None:
    for email in ("an@water.be", "jan@water.be", "piet@elders.be"):
        typed(session, "Dienst Water", email)

    [name] = gathered()

    assert name.domains == [("water.be", 2), ("elders.be", 1)]
    assert "an@" not in repr(name)


@pytest.mark.parametrize(
    "name", ["Fedriss", "Agentschap beroepsrisico's", "federaal agentschap voor beroepsrisicos"]
)
def test_gathered_suggests_what_is_written_alike(session: Session, name: str) -> None:
    fedris = known("Federaal agentschap voor beroepsrisico’s", abbreviation="FEDRIS")
    known("Raad van State")
    typed(session, name)

    [found] = gathered()

    assert [(each.organisation, each.is_by_domain) for each in found.suggestions] == [
        (fedris, False)
    ]


def test_gathered_suggests_whose_domain_it_came_from(session: Session) -> None:
    vlaio = known("Agentschap Innoveren & Ondernemen", domain="vlaio.be")
    typed(session, "Team Bedrijfstrajecten", "an@mail.vlaio.be")

    [found] = gathered()

    assert [(each.organisation, each.is_by_domain) for each in found.suggestions] == [(vlaio, True)]


def test_gathered_costs_as_many_queries_for_many_names_as_for_few(session: Session) -> None:
    def queries(number: int) -> int:
        for count in range(number):
            known(f"Dienst {number} {count}", domain=f"d{number}x{count}.be")
            typed(session, f"Dienst {number} {count} bis", f"a@d{number}x{count}.be")
        with CaptureQueriesContext(connection) as context:
            gathered()
        return len(context)

    assert queries(2) == queries(30)


# Linking -----------------------------------------------------------------------------------------


def test_link_holds_for_those_who_typed_it_and_who_will(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving Vlaanderen")

    link("Omgeving Vlaanderen", organisation)
    typed(session, "OMGEVING  vlaanderen")

    assert organisations() == ["Departement Omgeving"] * 2
    assert [alias.name for alias in organisation.aliases.all()] == ["Omgeving Vlaanderen"]
    assert gathered() == []


def test_link_decides_about_a_name_that_two_share(session: Session) -> None:
    one, _other = (
        known("Dienst Erfgoed", abbreviation="DE"),
        known("D. Economie", abbreviation="DE"),
    )
    typed(session, "DE")

    link("DE", one)

    typed(session, "de")
    assert organisations() == ["Dienst Erfgoed"] * 2
    assert not one.aliases.exists()


def test_link_leaves_other_names_alone(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving")
    typed(session, "Omgeving Gent")

    link("Omgeving", organisation)

    assert organisations() == ["Departement Omgeving", None]


def test_link_of_a_name_decided_about_is_refused(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving")
    name = gathered_one("Omgeving")
    matching.set_aside(name, by=SYSTEM, now=NOW)

    with pytest.raises(CannotMatch):
        matching.link(name, organisation, by=SYSTEM, now=NOW)


def test_link_to_what_was_merged_away_is_refused(session: Session) -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    typed(session, "Iets")
    merging.merge(gone, kept, by=SYSTEM, now=NOW)

    with pytest.raises(CannotMatch):
        link("Iets", gone)
    assert not NameMatch.objects.exists()


def test_set_aside_takes_a_name_off_the_list_and_links_nothing(session: Session) -> None:
    typed(session, "Zelfstandige")

    matching.set_aside(gathered_one("Zelfstandige"), by=SYSTEM, now=NOW)
    typed(session, "zelfstandige")

    assert gathered() == []
    assert organisations() == [None, None]


def test_set_aside_forgets_names_whose_registrations_are_anonymous(session: Session) -> None:
    typed(session, "Jan Peeters")
    matching.set_aside(gathered_one("Jan Peeters"), by=SYSTEM, now=NOW)
    for row in Registration.objects.all():
        anonymise(row)
    typed(session, "Particulier")

    matching.set_aside(gathered_one("Particulier"), by=SYSTEM, now=NOW)

    assert [match.name for match in NameMatch.objects.all()] == ["Particulier"]


def test_decisions_are_written_down_without_names(session: Session) -> None:
    typed(session, "Omgeving")
    typed(session, "Zelfstandige")
    match = link("Omgeving", known("Departement Omgeving"))
    aside = matching.set_aside(gathered_one("Zelfstandige"), by=SYSTEM, now=NOW)
    undo(match)

    entries = AuditEntry.objects.order_by("pk").values_list("action", "object_id", "details")
    assert list(entries) == [
        (Action.ORGANISATION_MATCHED, match.pk, {"registrations": 1}),
        (Action.ORGANISATION_MATCHED, aside.pk, {"is_organisation": False}),
        (Action.ORGANISATION_UNDONE, match.pk, {}),
    ]


# Undoing -----------------------------------------------------------------------------------------


def test_undo_restores_what_was_and_later_ones_to_what_they_would_be(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving")
    match = link("Omgeving", organisation)
    typed(session, "Omgeving", now=LATER)
    typed(session, "Departement Omgeving", now=LATER)

    assert undo(match)

    assert organisations() == [None, None, "Departement Omgeving"]
    assert not organisation.aliases.exists()
    assert [(name.name, name.number) for name in gathered()] == [("Omgeving", 2)]


def test_undo_leaves_what_had_the_name_before(session: Session) -> None:
    organisation = known("Omgeving")
    typed(session, "Omgeving")
    other = known("Omgeving")
    typed(session, "Omgeving")
    match = link("Omgeving", organisation)

    undo(match)

    assert organisations() == ["Omgeving", None]
    assert (organisation.keys.count(), other.keys.count()) == (1, 1)


def test_undo_twice_does_nothing_the_second_time(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving")
    match = link("Omgeving", organisation)
    undo(match)
    again = link("Omgeving", organisation)

    assert not undo(match)

    assert organisations() == ["Departement Omgeving"]
    assert again.undone_at is None


def test_undo_keeps_an_alias_that_was_there_before(session: Session) -> None:
    organisation = known("Departement Omgeving")
    typed(session, "Omgeving")
    organisation.aliases.create(name="Omgeving")
    directory.index_names(organisation)
    match = link("Omgeving", organisation)

    undo(match)

    assert [alias.name for alias in organisation.aliases.all()] == ["Omgeving"]


def test_undo_after_a_merge_works_on_the_one_that_stayed(session: Session) -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    typed(session, "Iets")
    match = link("Iets", gone)
    merging.merge(gone, kept, by=SYSTEM, now=NOW)

    undo(match)

    assert organisations() == [None]
    assert directory.find("Iets") is None


def test_undo_removes_an_organisation_made_from_the_name(session: Session) -> None:
    typed(session, "Dienst Nieuw")
    made = known("Dienst Nieuw")
    match = matching.link_to_new(gathered_one("Dienst Nieuw"), made, by=SYSTEM, now=NOW)
    typed(session, "Dienst Nieuw", now=LATER)

    undo(match)

    assert not Organisation.objects.exists()
    assert organisations() == [None, None]
    assert NameMatch.objects.get().undone_at == LATER


def test_undo_keeps_an_organisation_that_somebody_uses_since(session: Session) -> None:
    typed(session, "Dienst Nieuw")
    made = known("Dienst Nieuw")
    match = matching.link_to_new(gathered_one("Dienst Nieuw"), made, by=SYSTEM, now=NOW)
    make_organisation(parent=made)
    typed(session, "Dienst Nieuw", now=LATER)

    undo(match)

    assert organisations() == [None, "Dienst Nieuw"]


@settings(max_examples=30, deadline=None)
@given(
    names=st.lists(
        st.sampled_from(["Omgeving", "omgeving ", "Dep. Omgeving", "X", "DE"]), min_size=1
    ),
    chosen=st.integers(0, 10),
)
def test_undo_of_a_link_gives_the_same_directory_and_registrations(
    names: list[str], chosen: int
) -> None:
    def state() -> list[Any]:
        return [
            list(Registration.objects.order_by("pk").values()),
            list(Organisation.objects.order_by("pk").values()),
            sorted(row for body in bodies for row in body.aliases.values_list()),
            sorted(row for body in bodies for row in body.keys.values_list("key", "is_loose")),
        ]

    Registration.objects.all().delete()
    Organisation.objects.all().delete()
    session = make_session()
    bodies = [known("Omgeving A", abbreviation="DE"), known("Dienst", abbreviation="DE")]
    for name in names:
        typed(session, name)
    before = state()
    unknown = gathered()
    if not unknown:
        return

    match = matching.link(unknown[chosen % len(unknown)], bodies[chosen % 2], by=SYSTEM, now=NOW)
    assert state() != before
    undo(match)

    assert state() == before


# Registering and editing -------------------------------------------------------------------------


def test_name_organisation_sets_the_name_its_key_and_what_it_means_without_saving(
    session: Session,
) -> None:
    organisation = known("Stad Gent")
    registration = typed(session, "Iets")

    registering.name_organisation(registration, "  Stad  GENT ")

    assert registration.organisation_name == "Stad  GENT"
    assert registration.organisation_key == "stad gent"
    assert registration.organisation == organisation
    registration.refresh_from_db()
    assert (registration.organisation_name, registration.organisation) == ("Iets", None)


def test_key_of_the_longest_name_fits(session: Session) -> None:
    registration = typed(session, "ﷺ" * 200)

    assert len(registration.organisation_key) == 200
    assert gathered_one("ﷺ" * 200).number == 1


# At once -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_link_by_two_at_once_decides_once() -> None:
    one, other = known("Dienst A"), known("Dienst B")
    typed(make_session(), "Iets")
    name = gathered_one("Iets")

    results = at_once(
        *[partial(matching.link, name, body, by=SYSTEM, now=NOW) for body in (one, other)]
    )

    assert sorted(type(result).__name__ for result in results) == ["CannotMatch", "NameMatch"]
    match = NameMatch.objects.get()
    assert organisations() == [str(match.organisation)]
    assert directory.find("Iets") == match.organisation


@pytest.mark.django_db(transaction=True)
def test_link_and_merge_at_once_leave_nothing_that_points_nowhere() -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    typed(make_session(), "Iets")
    name = gathered_one("Iets")

    results = at_once(
        partial(matching.link, name, gone, by=SYSTEM, now=NOW),
        partial(merging.merge, gone, kept, by=SYSTEM, now=NOW),
    )

    assert [type(each) for each in results if isinstance(each, Exception)] in ([], [CannotMatch])
    is_linked = isinstance(results[0], NameMatch)
    assert organisations() == [str(kept) if is_linked else None]
