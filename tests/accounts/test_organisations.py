"""The administrators' pages about organisations."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import directory, merging
from accounts.auditing import SYSTEM
from accounts.models import AuditEntry, NameMatch, Organisation, OrganisationMerge
from tests.build import (
    NOW,
    make_administrator,
    make_organisation,
    make_registration,
    make_session,
)
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db

LIST = "/organise/organisations/"
NEW = "/organise/new-organisation/"


@pytest.fixture
def desk() -> CheckedClient:
    """The browser of an administrator."""
    client = CheckedClient()
    client.force_login(make_administrator())
    return client


def known(name: str, **fields: Any) -> Organisation:
    organisation = make_organisation(name=name, **fields)
    directory.index_names(organisation)
    return organisation


def facts(**typed: str) -> dict[str, str]:
    """What a browser sends for the form."""
    return {"name_nl": "Dienst A", "kind": "flemish_agency", "level": "flemish"} | typed


# The list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["gent", "GÉNT", "gent, stad", "d’hondt", "D'HONDT", "dhd"])
def test_list_finds_by_any_name_however_typed(desk: CheckedClient, typed: str) -> None:
    known("Stad Gent", name_fr="Ville D’Hondt", abbreviation="DHD")
    known("Stad Brugge")

    page = desk.get(LIST, {"q": typed}).content.decode()

    assert "Stad Gent" in page
    assert "Stad Brugge" not in page


def test_list_filters_by_kind_and_level(desk: CheckedClient) -> None:
    known("Een dienst", kind="police", level="federal")
    known("Tweede dienst", kind="police", level="local")
    known("Derde dienst", kind="network", level="federal")

    page = desk.get(LIST, {"kind": "police", "level": "federal"}).content.decode()

    assert [name in page for name in ("Een dienst", "Tweede dienst", "Derde dienst")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"q": "x" * 100_000},
        {"kind": "\x00"},
        {"kind": "x", "level": "y"},
        {"page": "-1"},
        {"page": "x" * 5000},
        {"q": "%_'\"<script>"},
    ],
)
def test_list_survives_whatever_is_asked(desk: CheckedClient, query: dict[str, str]) -> None:
    known("Dienst A")

    assert desk.get(LIST, query).status_code == 200


def test_list_costs_as_many_queries_for_many_as_for_few(desk: CheckedClient) -> None:
    def queries(number: int) -> int:
        parent = known("Geheel")
        for count in range(number):
            known(f"Dienst {count}", parent=parent).domains.create(domain=f"{number}-{count}.be")
        with CaptureQueriesContext(connection) as context:
            desk.get(LIST)
        return len(context)

    desk.get(LIST)
    assert queries(3) == queries(300)


# Adding and changing -----------------------------------------------------------------------------


def test_new_organisation_is_found_under_all_that_was_filled_in(desk: CheckedClient) -> None:
    typed = facts(
        name_fr="Service A",
        abbreviation_nl="DA",
        aliases=" De A’s \n\nDienst Aa\nDienst Aa",
        domains="@A.be\nsub.b.be",
        has_signed="on",
        signed_date="2025-07-11",
    )

    response = desk.post(NEW, typed)

    organisation = Organisation.objects.get()
    assert response.headers["Location"] == f"{LIST}dienst-a/"
    for name in ("Dienst A", "service a", "da", "DE A'S", "dienst aa"):
        assert directory.find(name) == organisation
    assert directory.of_address("x@mail.a.be") == directory.of_address("x@sub.b.be") == organisation
    assert organisation.charter_signatures.get().signed_date == date(2025, 7, 11)


def test_new_organisation_gets_an_address_of_its_own(desk: CheckedClient) -> None:
    for _ in range(3):
        desk.post(NEW, facts())
    desk.post(NEW, facts(name_nl="李小龙"))

    slugs = sorted(Organisation.objects.values_list("slug", flat=True))
    assert slugs == ["dienst-a", "dienst-a-2", "dienst-a-3", "organisation"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name_nl", ""),
        ("name_nl", "A\x00B"),
        ("name_fr", "x" * 201),
        ("abbreviation_en", "x" * 31),
        ("kind", "guessed"),
        ("level", ""),
        ("parent", "999999"),
        ("parent", "x"),
        ("aliases", "x" * 201),
        ("aliases", "A\x07B"),
        ("aliases", "\n".join(map(str, range(201)))),
        ("domains", "gmail.com"),
        ("domains", "b.be\nb"),
        ("domains", "taken.be"),
        ("domains", "\n".join(f"{number}.be" for number in range(201))),
        ("signed_date", "31-02-2025"),
        ("withdrawn_date", "2025-01-01"),
    ],
)
def test_form_refuses_what_cannot_be_and_keeps_what_was_typed(field: str, typed: str) -> None:
    desk = Client()
    desk.force_login(make_administrator())
    make_organisation().domains.create(domain="taken.be")

    response = desk.post(NEW, facts(name_en="Typed before") | {field: typed})

    assert response.status_code == 422
    assert "Typed before" in response.content.decode()
    assert Organisation.objects.count() == 1


def test_form_refuses_a_withdrawal_before_the_signature(desk: CheckedClient) -> None:
    response = desk.post(
        NEW, facts(has_signed="on", signed_date="2025-02-01", withdrawn_date="2025-01-31")
    )

    assert response.status_code == 422


def test_change_forgets_what_was_taken_out(desk: CheckedClient) -> None:
    organisation = known("Dienst A")
    organisation.aliases.create(name="Weg")
    organisation.domains.create(domain="weg.be")
    directory.index_names(organisation)

    response = desk.post(organisation.get_absolute_url(), facts(name_nl="Dienst B"))

    assert response.status_code == 302
    assert [directory.find(name) for name in ("Weg", "Dienst A")] == [None, None]
    assert directory.find("Dienst B") == organisation
    assert directory.at_domain("weg.be") is None


def test_change_that_changes_nothing_keeps_every_row(desk: CheckedClient) -> None:
    organisation = known("Dienst A")
    alias = organisation.aliases.create(name="Ook zo")
    domain = organisation.domains.create(domain="a.be")
    directory.index_names(organisation)

    desk.post(organisation.get_absolute_url(), facts(aliases="Ook zo", domains="a.be"))

    assert (organisation.aliases.get(), organisation.domains.get()) == (alias, domain)


def test_signature_after_a_withdrawal_is_another_one(desk: CheckedClient) -> None:
    organisation = known("Dienst A")
    organisation.charter_signatures.create(
        signed_date=date(2024, 1, 1), withdrawn_date=date(2025, 1, 1)
    )

    desk.post(organisation.get_absolute_url(), facts(has_signed="on", signed_date="2026-01-01"))

    dates = organisation.charter_signatures.order_by("pk").values_list(
        "signed_date", "withdrawn_date"
    )
    assert list(dates) == [(date(2024, 1, 1), date(2025, 1, 1)), (date(2026, 1, 1), None)]


def test_change_refuses_a_circle_of_parents(desk: CheckedClient) -> None:
    top = known("Top")
    middle = known("Midden", parent=top)
    bottom = known("Onder", parent=middle)

    response = desk.post(top.get_absolute_url(), facts(parent=str(bottom.pk)))

    assert response.status_code == 422
    assert "maakt zelf deel uit van deze" in response.content.decode()
    top.parent = top
    with pytest.raises(ValidationError):
        top.clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        top.save()


def test_lies_below_ends_in_a_circle_that_is_there_all_the_same() -> None:
    one, other, third = known("Een"), known("Twee"), known("Drie")
    Organisation.objects.filter(pk=one.pk).update(parent=other)
    Organisation.objects.filter(pk=other.pk).update(parent=one)

    assert one.lies_below(other)
    assert not one.lies_below(third)


def test_organisation_with_parts_cannot_be_deleted() -> None:
    parent = known("Geheel")
    known("Deel", parent=parent)

    with pytest.raises(IntegrityError):
        parent.delete()


# Relations ---------------------------------------------------------------------------------------


def relation(to: Organisation, **typed: str) -> dict[str, str]:
    sent = {"kind": "successor", "other": str(to.pk)} | typed
    return {f"relation-{name}": value for name, value in sent.items()}


def test_relation_is_added_ended_and_removed(desk: CheckedClient) -> None:
    organisation, other = known("Nieuw"), known("Oud")
    address = f"{organisation.get_absolute_url()}relations/"

    desk.post(address, relation(other, started_date="2020-01-01"))
    added = organisation.relations.get()
    assert "volgt op" in desk.get(other.get_absolute_url()).content.decode()
    desk.post(
        f"/organise/relations/{added.pk}/end/",
        {f"relation-{added.pk}-ended_date": "2024-12-31"},
    )
    added.refresh_from_db()

    assert (added.started_date, added.ended_date) == (date(2020, 1, 1), date(2024, 12, 31))
    desk.post(f"/organise/relations/{added.pk}/remove/")
    assert not organisation.relations.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"other": ""},
        {"kind": "guessed"},
        {"started_date": "2020-01-02", "ended_date": "2020-01-01"},
        {"started_date": "gisteren"},
        {"started_date": "2019-01-01"},
    ],
)
def test_relation_that_cannot_be_is_refused(desk: CheckedClient, typed: dict[str, str]) -> None:
    organisation, other = known("Nieuw"), known("Oud")
    organisation.relations.create(kind="successor", other=other, started_date=date(2019, 1, 1))

    response = desk.post(f"{organisation.get_absolute_url()}relations/", relation(other, **typed))

    assert response.status_code == 422
    assert organisation.relations.count() == 1


def test_relation_with_itself_is_refused(desk: CheckedClient) -> None:
    organisation = known("Nieuw")

    response = desk.post(f"{organisation.get_absolute_url()}relations/", relation(organisation))

    assert response.status_code == 422


def test_end_of_a_relation_before_its_start_is_refused(desk: CheckedClient) -> None:
    added = known("Nieuw").relations.create(
        kind="member", other=known("Oud"), started_date=date(2020, 1, 1)
    )

    response = desk.post(
        f"/organise/relations/{added.pk}/end/",
        {f"relation-{added.pk}-ended_date": "2019-12-31"},
    )

    assert response.status_code == 422
    assert "Het einde ligt vóór het begin." in response.content.decode()


# Merging and its history -------------------------------------------------------------------------


def test_merge_asks_for_the_other_then_shows_what_moves_then_needs_a_tick(
    desk: CheckedClient,
) -> None:
    gone, kept = known("Dienst Water"), known("Dienst Waters")
    session = make_session()
    for _ in range(3):
        make_registration(session, organisation_name="Dienst Water")
    address = f"{gone.get_absolute_url()}merge/"

    assert f"into={kept.slug}" in desk.get(address).content.decode()
    preview = desk.get(address, {"into": kept.slug}).content.decode()
    assert "<dt>Inschrijvingen</dt><dd>3</dd>" in preview
    assert desk.post(address, {"into": kept.slug}).status_code == 422
    assert Organisation.objects.count() == 2
    done = desk.post(address, {"into": kept.slug, "is_sure": "on"})

    assert done.headers["Location"] == kept.get_absolute_url()
    assert not Organisation.objects.filter(pk=gone.pk).exists()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.object_type) == ("user", "organisationmerge")


@pytest.mark.parametrize("into", ["guessed", "\x00", "x" * 5000])
def test_merge_into_what_is_not_there_is_not_found(desk: CheckedClient, into: str) -> None:
    organisation = known("Dienst")
    address = f"{organisation.get_absolute_url()}merge/"

    assert desk.get(address, {"into": into}).status_code == 404
    assert desk.get(address, {"into": organisation.slug}).status_code == 404
    assert desk.post(address, {"into": into, "is_sure": "on"}).status_code == 404


@pytest.mark.parametrize("text", ["\x00", "%", "x" * 5000])
def test_merge_survives_whatever_is_searched(desk: CheckedClient, text: str) -> None:
    address = f"{known('Dienst').get_absolute_url()}merge/"

    assert desk.get(address, {"q": text}).status_code == 200


def test_history_of_an_organisation_offers_to_undo(desk: CheckedClient) -> None:
    gone, kept = known("Dienst Water"), known("Dienst B")
    NameMatch.objects.create(key="w", name="Waterdienst", organisation=kept, matched_at=NOW)
    merged = merging.merge(gone, kept, by=SYSTEM, now=NOW)

    page = desk.get(kept.get_absolute_url()).content.decode()
    assert "“Waterdienst” betekent deze organisatie" in page
    response = desk.post(f"/organise/merges/{merged.pk}/undo/")

    back = Organisation.objects.get(pk=gone.pk)
    assert response.headers["Location"] == back.get_absolute_url()
    assert OrganisationMerge.objects.get().undone_at is not None
    assert desk.post(f"/organise/merges/{merged.pk}/undo/").status_code == 302
