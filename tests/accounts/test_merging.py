"""Merging organisations: what moves, what goes, and that undoing brings all of it back."""

from collections.abc import Callable
from datetime import date
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import directory, merging
from accounts.auditing import SYSTEM
from accounts.merging import CannotMerge
from accounts.models import (
    Action,
    Affiliation,
    AuditEntry,
    CharterSignature,
    NameMatch,
    Organisation,
    OrganisationKey,
    OrganisationMerge,
    OrganisationRelation,
)
from events import registering
from events.models import Registration
from tests.build import (
    NOW,
    make_agenda_item,
    make_organisation,
    make_programme,
    make_registration,
    make_session,
    make_speaker,
    make_user,
)
from tests.events.racing import PATIENCE_SECONDS, at_once

MEMBER = OrganisationRelation.Kind.MEMBER


def known(name: str, **fields: Any) -> Organisation:
    organisation = make_organisation(name=name, **fields)
    directory.index_names(organisation)
    return organisation


def merge(gone: Organisation, kept: Organisation) -> OrganisationMerge:
    return merging.merge(gone, kept, by=SYSTEM, now=NOW)


def undo(merged: OrganisationMerge) -> Organisation | None:
    return merging.undo(merged, by=SYSTEM, now=NOW)


# What moves --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_merge_moves_everything_that_pointed_to_the_one_that_goes() -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    child = make_organisation(parent=gone)
    programme = make_programme(organisation=gone)
    contribution = make_speaker(make_agenda_item(make_session())).contributions.get()
    contribution.organisation = gone
    contribution.save()
    affiliation = Affiliation.objects.create(
        user=make_user(), provider="acm", code="1", organisation=gone, seen_at=NOW
    )
    registration = make_registration(make_session(), organisation_name="dienst a")

    merge(gone, kept)

    assert not Organisation.objects.filter(pk=gone.pk).exists()
    for row, name in (
        (child, "parent"),
        (programme, "organisation"),
        (contribution, "organisation"),
        (affiliation, "organisation"),
        (registration, "organisation"),
    ):
        row.refresh_from_db()
        assert getattr(row, name) == kept


@pytest.mark.django_db
def test_merge_looks_at_every_column_that_names_an_organisation() -> None:
    named = {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and not field.many_to_many and field.related_model is Organisation
    }

    pointers = {(field.model, field.name) for field in merging.pointers()}

    assert pointers == named - {(OrganisationKey, "organisation")}


@pytest.mark.django_db
def test_preview_counts_what_a_merge_moves() -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    session = make_session()
    for _ in range(3):
        make_registration(session, organisation_name="Dienst A")
    gone.domains.create(domain="a.be")

    counts = {moving.label: moving.number for moving in merging.preview(gone)}

    assert counts == {"inschrijvingen": 3, "maildomeinen": 1}
    assert merging.preview(kept) == []


@pytest.mark.django_db
def test_merge_lets_the_one_that_stays_be_found_under_all_names() -> None:
    gone = known("Dienst Aa", name_fr="Service Aa", abbreviation="DAA")
    kept = known("Dienst B")
    gone.aliases.create(name="De A’s")
    directory.index_names(gone)

    merge(gone, kept)

    for typed in ("dienst aa", "Service Aa", "daa", "de a's", "Dienst B"):
        assert directory.find(typed) == kept


@pytest.mark.django_db
def test_merge_of_two_with_the_same_name_makes_it_mean_one() -> None:
    gone, kept = known("Stad Gent"), known("Stad Gent")
    assert directory.find("Stad Gent") is None

    merge(gone, kept)

    assert directory.find("Stad Gent") == kept
    assert not kept.aliases.exists()


@pytest.mark.django_db
def test_merge_keeps_what_there_can_be_one_of_once() -> None:
    gone, kept, other = known("A dienst"), known("B dienst"), known("C dienst")
    for organisation in (gone, kept):
        organisation.aliases.create(name="Samen")
        CharterSignature.objects.create(organisation=organisation)
        organisation.relations.create(kind=MEMBER, other=other, started_date=date(2020, 1, 1))
    gone.relations.create(kind=MEMBER, other=kept)

    merge(gone, kept)

    assert sorted(alias.name for alias in kept.aliases.all()) == ["A dienst", "Samen"]
    assert kept.charter_signatures.count() == 1
    assert [relation.other for relation in kept.relations.all()] == [other]
    assert not kept.relations_from_others.exists()


@pytest.mark.django_db
def test_merge_into_a_part_puts_it_where_the_whole_was() -> None:
    top = known("Top")
    gone = known("Geheel", parent=top)
    between = known("Tussen", parent=gone)
    kept = known("Deel", parent=between)

    merge(gone, kept)

    for organisation in (kept, between):
        organisation.refresh_from_db()
    assert (kept.parent, between.parent) == (top, kept)


@pytest.mark.django_db
def test_merge_with_itself_is_refused() -> None:
    organisation = known("Dienst A")

    with pytest.raises(CannotMerge):
        merge(organisation, organisation)


@pytest.mark.django_db
def test_merge_of_what_is_gone_is_refused() -> None:
    gone, kept, third = known("Dienst A"), known("Dienst B"), known("Dienst C")
    merge(gone, kept)

    with pytest.raises(CannotMerge):
        merge(gone, third)
    with pytest.raises(CannotMerge):
        merge(third, gone)


@pytest.mark.django_db
def test_merge_and_undo_are_written_down_without_names() -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    make_registration(make_session(), organisation_name="Dienst A")

    merged = merge(gone, kept)
    undo(merged)

    entries = AuditEntry.objects.order_by("pk").values_list("action", "object_id", "details")
    assert list(entries) == [
        (Action.ORGANISATION_MERGED, merged.pk, {"rows": 1}),
        (Action.ORGANISATION_UNDONE, merged.pk, {}),
    ]


# Undoing -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_undo_twice_does_nothing_the_second_time() -> None:
    merged = merge(known("Dienst A"), known("Dienst B"))

    first, second = undo(merged), undo(merged)

    assert (str(first), second) == ("Dienst A", None)


@pytest.mark.django_db
def test_undo_leaves_what_was_changed_since() -> None:
    gone, kept, third = known("Dienst A"), known("Dienst B"), known("Dienst C")
    session = make_session()
    back, elsewhere, removed = (
        make_registration(session, organisation_name="Dienst A") for _ in range(3)
    )
    merged = merge(gone, kept)
    Registration.objects.filter(pk=elsewhere.pk).update(organisation=third)
    Registration.objects.filter(pk=removed.pk).delete()
    later = make_registration(session, organisation_name="Dienst B")

    undo(merged)

    pointed = Registration.objects.order_by("pk").values_list("pk", "organisation__name_nl")
    assert list(pointed) == [
        (back.pk, "Dienst A"),
        (elsewhere.pk, "Dienst C"),
        (later.pk, "Dienst B"),
    ]


@pytest.mark.django_db
def test_undo_finds_another_address_when_its_own_was_taken() -> None:
    gone, kept = known("Dienst A", slug="dienst-a"), known("Dienst B")
    merged = merge(gone, kept)
    make_organisation(slug="dienst-a")

    assert undo(merged).slug == f"dienst-a-{gone.pk}"


@pytest.mark.django_db
def test_undo_without_the_parent_there_was_puts_it_below_none() -> None:
    parent = known("Ouder")
    merged = merge(known("Dienst A", parent=parent), known("Dienst B"))
    parent.delete()

    assert undo(merged).parent is None


@pytest.mark.django_db
def test_undo_makes_no_circle_of_parents() -> None:
    parent = known("Ouder")
    gone, kept = known("Dienst A", parent=parent), known("Dienst B")
    child = known("Kind", parent=gone)
    merged = merge(gone, kept)
    Organisation.objects.filter(pk=parent.pk).update(parent=child)

    back = undo(merged)

    child.refresh_from_db()
    assert (back.parent, child.parent) == (None, back)


@pytest.mark.django_db
@pytest.mark.parametrize("first_undone", [0, 1])
def test_undo_of_merges_in_a_chain_in_either_order_brings_all_back(first_undone: int) -> None:
    first, second, third = known("Dienst A"), known("Dienst B"), known("Dienst C")
    session = make_session()
    registrations = [
        make_registration(session, organisation_name=str(organisation))
        for organisation in (first, second, third)
    ]
    merges = [merge(first, second), merge(second, third)]

    undo(merges[first_undone])
    undo(merges[1 - first_undone])

    for registration, organisation in zip(registrations, (first, second, third), strict=True):
        registration.refresh_from_db()
        assert registration.organisation == organisation
        assert directory.find(registration.organisation_name) == organisation


RELATED = sorted(
    {field.model for field in merging.pointers()} - {OrganisationMerge}, key=lambda m: m.__name__
)


def database() -> dict[str, Any]:
    """All rows of every table that names an organisation, but for the history of merges."""
    rows: dict[str, Any] = {
        model.__name__: list(model._base_manager.order_by("pk").values()) for model in RELATED
    }
    rows["Key"] = sorted(OrganisationKey.objects.values_list("organisation", "key", "is_loose"))
    return rows


def choose(drawn: st.DataObject, some: list[Organisation]) -> Organisation:
    return drawn.draw(st.sampled_from(some))


def add_row(drawn: st.DataObject, bodies: list[Organisation], number: int) -> None:
    """One row of a drawn sort that points to one of the organisations."""
    body, other = choose(drawn, bodies), choose(drawn, bodies)
    day = drawn.draw(st.sampled_from([None, date(2020, 1, 1)]))
    sorts: list[Callable[[], Any]] = [
        lambda: body.aliases.create(name=drawn.draw(st.sampled_from(["Samen", "Apart", "A"]))),
        lambda: body.domains.create(domain=f"dienst{number}.be"),
        lambda: CharterSignature.objects.create(
            organisation=body, signed_date=day, withdrawn_date=day
        ),
        lambda: body.relations.create(kind=MEMBER, other=other, started_date=day),
        lambda: make_programme(organisation=body),
        lambda: NameMatch.objects.create(
            key=f"naam {number}", name=f"Naam {number}", organisation=body, matched_at=NOW
        ),
        lambda: Affiliation.objects.create(
            user=make_user(), provider="acm", code="1", organisation=body, seen_at=NOW
        ),
        lambda: None if other.lies_below(body) else set_parent(body, other),
    ]
    try:
        with transaction.atomic():
            drawn.draw(st.sampled_from(sorts))()
    except IntegrityError:
        return


def set_parent(body: Organisation, parent: Organisation) -> None:
    Organisation.objects.filter(pk=body.pk).update(parent=parent)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(drawn=st.data())
def test_undo_of_a_merge_gives_the_same_database(drawn: st.DataObject) -> None:
    names = st.sampled_from(["Dienst", "Le Service", "A", "A’s, dienst"])
    with transaction.atomic():
        bodies = [
            make_organisation(name=drawn.draw(names), abbreviation=drawn.draw(names), name_fr="S")
            for _ in range(4)
        ]
        for number in range(drawn.draw(st.integers(0, 14))):
            add_row(drawn, bodies, number)
        for body in bodies:
            directory.index_names(body)
        before = database()

        merged = merge(bodies[0], bodies[1])
        assert before["Organisation"] != database()["Organisation"]
        undo(merged)

        assert database() == before
        transaction.set_rollback(True)


# At once -----------------------------------------------------------------------------------------


def dangling() -> list[tuple[str, int]]:
    """Rows that name an organisation that is not there."""
    there = set(Organisation.objects.values_list("pk", flat=True))
    return [
        (model.__name__, row.pk)
        for model in {field.model for field in merging.pointers()}
        for row in model._base_manager.all()
        for field in merging.pointers()
        if field.model is model
        and getattr(row, field.attname) is not None
        and getattr(row, field.attname) not in there
    ]


def rows_of(results: list[Any], sort: type[Model] | type[Exception]) -> list[Any]:
    return [result for result in results if isinstance(result, sort)]


@pytest.mark.django_db(transaction=True)
def test_merge_of_two_into_each_other_at_once_keeps_one() -> None:
    one, other = known("Dienst A"), known("Dienst B")

    results = at_once(partial(merge, one, other), partial(merge, other, one))

    assert len(rows_of(results, OrganisationMerge)) == len(rows_of(results, CannotMerge)) == 1
    assert Organisation.objects.count() == 1
    assert dangling() == []


@pytest.mark.django_db(transaction=True)
def test_merges_of_a_ring_at_once_leave_nothing_that_points_nowhere() -> None:
    ring = [known(f"Dienst {letter}") for letter in "ABCDE"]
    session = make_session()
    for organisation in ring:
        make_registration(session, organisation_name=str(organisation))

    results = at_once(
        *[partial(merge, one, ring[(i + 1) % len(ring)]) for i, one in enumerate(ring)]
    )

    assert len(rows_of(results, OrganisationMerge)) + len(rows_of(results, CannotMerge)) == 5
    assert Organisation.objects.count() == 5 - len(rows_of(results, OrganisationMerge))
    assert Registration.objects.exclude(organisation=None).count() == 5
    assert dangling() == []


@pytest.mark.django_db(transaction=True)
def test_registrations_that_arrive_during_a_merge_point_to_the_one_that_stays() -> None:
    gone, kept = known("Dienst A"), known("Dienst B")
    session = make_session()
    newcomers = [partial(make_registration, session, organisation_name="Dienst A")] * 12

    results = at_once(*newcomers[:6], partial(merge, gone, kept), *newcomers[6:])

    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Registration.objects.values_list("organisation", flat=True)) == {kept.pk}
    assert dangling() == []


def found_before_a_merge(find: Callable[[str], Organisation | None]) -> Any:
    """What comes of a row whose organisation is merged away before it is committed."""
    gone, kept = known("Dienst A"), known("Dienst B")
    registration = make_registration(make_session(), organisation_name="Iets anders")
    is_found, is_merging = Event(), Event()

    def point() -> None:
        with transaction.atomic():
            found = find("Dienst A")
            is_found.set()
            is_merging.wait(PATIENCE_SECONDS)
            Registration.objects.filter(pk=registration.pk).update(organisation=found)

    def sweep() -> None:
        is_found.wait(PATIENCE_SECONDS)
        if find is directory.find:
            merge(gone, kept)
            is_merging.set()
        else:
            is_merging.set()
            merge(gone, kept)

    return at_once(point, sweep)


def named(typed: str) -> Organisation | None:
    """What naming a registration's organisation holds."""
    registration = Registration()
    registering.name_organisation(registration, typed)
    return registration.organisation


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_organisation_that_a_registration_names_is_merged_after_the_row_is_there() -> None:
    results = found_before_a_merge(named)

    assert [each for each in results if isinstance(each, Exception)] == []
    assert Registration.objects.get().organisation == Organisation.objects.get()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_organisation_that_is_only_found_may_be_gone_before_the_row_is_there() -> None:
    """The negative control: without holding it, the database refuses the row."""
    results = found_before_a_merge(directory.find)

    assert isinstance(results[0], IntegrityError)
    assert dangling() == []
    assert connection.vendor == "postgresql"
