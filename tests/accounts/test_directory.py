from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import directory
from accounts.models import NameMatch, Organisation, OrganisationDomain
from tests.build import NOW, make_organisation
from tests.page import CheckedClient

pytestmark = pytest.mark.django_db


def known(name: str, *, aliases: tuple[str, ...] = (), **fields: str) -> Organisation:
    """An organisation that can be found."""
    organisation = make_organisation(name=name, **fields)
    for alias in aliases:
        organisation.aliases.create(name=alias)
    directory.index_names(organisation)
    return organisation


@pytest.fixture
def bosa() -> Organisation:
    return known(
        "FOD Beleid en Ondersteuning",
        name_fr="SPF Stratégie et Appui",
        abbreviation="BOSA",
        aliases=("Federale Overheidsdienst Beleid & Ondersteuning", "’t Bosa-huis"),
    )


# Finding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "FOD Beleid en Ondersteuning",
        "fod  beleid EN ondersteuning ",
        "FÓD Beleid en Ondersteuning",
        "SPF Strategie et Appui",
        "BOSA",
        "bosa",
        "federale overheidsdienst beleid & ondersteuning",
        "'t bosa-huis",
        "‘t Bosa-huis",
        "FOD Beleid en Ondersteuning (BOSA)",
        "FOD Beleid en Ondersteuning (iets anders)",
    ],
)
def test_find_knows_name_abbreviation_and_alias_however_typed(
    bosa: Organisation, typed: str
) -> None:
    assert directory.find(typed) == bosa


@pytest.mark.parametrize(
    "typed",
    ["", " ", "FOD", "FOD Beleid", "BOSA2", "(BOSA)", "%", "_", "FOD Beleid en Onder_teuning"],
)
def test_find_does_not_guess(bosa: Organisation, typed: str) -> None:
    assert directory.find(typed) is None


def test_find_takes_what_is_suggested_for_the_organisation(bosa: Organisation) -> None:
    assert directory.find(str(bosa)) == bosa


def test_find_is_none_for_a_name_that_two_share() -> None:
    known("Departement Economie", abbreviation="DE")
    known("Dienst Erfgoed", abbreviation="DE")

    assert directory.find("de") is None


def test_find_knows_one_organisation_under_two_equal_names() -> None:
    organisation = known("VLAIO", abbreviation="VLAIO", aliases=("vlaio",))

    assert directory.find("Vlaio") == organisation


def test_index_names_forgets_former_names(bosa: Organisation) -> None:
    bosa.name_nl = "FOD BOSA"
    bosa.save()
    bosa.aliases.all().delete()

    directory.index_names(bosa)

    assert directory.find("FOD Beleid en Ondersteuning") is None
    assert directory.find("'t bosa-huis") is None
    assert directory.find("FOD Bosa") == bosa


def test_index_names_twice_changes_nothing(bosa: Organisation) -> None:
    before = sorted(bosa.keys.values_list("pk", "key"))

    directory.index_names(bosa)

    assert sorted(bosa.keys.values_list("pk", "key")) == before


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Stad Gent", "Gent, stad"),
        ("Departement EWI", "Dep. EWI"),
        ("Het Facilitair Bedrijf", "Facilitair bedrijf"),
        ("Facilitair Bedrijf", "het facilitair-bedrijf"),
        ("Agentschap Innoveren & Ondernemen", "agentschap innoveren en ondernemen"),
        ("Rijksdienst voor Sociale Zekerheid (R.S.Z.)", "rijksdienst voor sociale zekerheid (RSZ)"),
    ],
)
def test_find_knows_other_spellings(name: str, typed: str) -> None:
    organisation = known(name)

    assert directory.find(typed) == organisation


def test_find_prefers_a_name_itself_to_one_spelled_otherwise() -> None:
    known("Het Archief")
    itself = known("Archief")

    assert directory.find("archief") == itself


def test_find_is_none_where_two_are_spelled_otherwise() -> None:
    known("De Haven")
    known("Het Haven")

    assert directory.find("haven") is None
    assert directory.find("de haven") is not None


def test_find_believes_what_an_administrator_said(bosa: Organisation) -> None:
    other = known("Iets anders")
    match = NameMatch.objects.create(key="bosa", name="BOSA", organisation=other, matched_at=NOW)
    assert directory.find("Bosa") == other

    match.organisation = None
    match.save()
    assert directory.find("Bosa") is None

    match.undone_at = NOW
    match.save()
    assert directory.find("Bosa") == bosa


def test_index_names_leaves_one_key_per_form_of_a_name(bosa: Organisation) -> None:
    organisation = known("Het Archief", aliases=("Archief",))

    keys = dict(organisation.keys.values_list("key", "is_loose"))

    assert keys == {"het archief": False, "archief": False}


# By mail domain ----------------------------------------------------------------------------------


@pytest.fixture
def flanders() -> Organisation:
    organisation = known("Vlaamse overheid")
    OrganisationDomain.objects.create(organisation=organisation, domain="vlaanderen.be")
    return organisation


@pytest.mark.parametrize("domain", ["vlaanderen.be", " VLAANDEREN.be ", "mow.vlaanderen.be"])
def test_at_domain_knows_a_domain_and_what_lies_below_it(
    flanders: Organisation, domain: str
) -> None:
    assert directory.at_domain(domain) == flanders


@pytest.mark.parametrize(
    "domain",
    [
        "",
        ".",
        "be",
        "nietvlaanderen.be",
        "vlaanderen.be.evil.org",
        "vlaanderen.com",
        "@vlaanderen.b",
    ],
)
def test_at_domain_does_not_take_others_for_it(flanders: Organisation, domain: str) -> None:
    assert directory.at_domain(domain) is None


def test_at_domain_prefers_the_nearest(flanders: Organisation) -> None:
    vlaio = known("VLAIO")
    OrganisationDomain.objects.create(organisation=vlaio, domain="vlaio.vlaanderen.be")

    assert directory.at_domain("mail.vlaio.vlaanderen.be") == vlaio
    assert directory.at_domain("mail.vlaanderen.be") == flanders


def test_at_domains_asks_the_database_once(flanders: Organisation) -> None:
    domains = [f"d{number}.vlaanderen.be" for number in range(300)] + ["elders.be", "\x00.be"]

    with CaptureQueriesContext(connection) as queries:
        owners = directory.at_domains(domains)

    assert len(queries) == 1
    assert Counter(owners.values()) == {flanders: 300, None: 2}


# Suggesting --------------------------------------------------------------------------------------


def test_suggest_names_those_that_start_so_before_those_that_hold_it() -> None:
    holds = known("Agentschap Stad en Land")
    later = known("Stad Kortrijk")
    first = known("Stad Aalst")
    known("Provincie Limburg")

    assert directory.suggest("stad") == [first, later, holds]


def test_suggest_does_not_look_inside_words() -> None:
    known("Halstad")
    begins = known("Dienst Stadsontwikkeling")

    assert directory.suggest("stad") == [begins]


def test_suggest_names_each_once_though_several_names_match(bosa: Organisation) -> None:
    assert directory.suggest("bosa") == [bosa]


def test_suggest_finds_accents_and_apostrophes_however_typed(bosa: Organisation) -> None:
    assert directory.suggest("STRATE") == [bosa]
    assert directory.suggest("'T BOSA") == [bosa]


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "zzz"])
def test_suggest_offers_nothing_for_nothing(bosa: Organisation, text: str) -> None:
    assert directory.suggest(text) == []


def test_suggest_stops_at_its_number() -> None:
    for number in range(directory.SUGGESTIONS + 3):
        known(f"Stad {number:02}")

    names = [str(organisation) for organisation in directory.suggest("stad")]

    assert names == [f"Stad {number:02}" for number in range(directory.SUGGESTIONS)]


def test_suggestions_answer_with_names_and_the_one_of_the_domain(
    client: CheckedClient, bosa: Organisation, flanders: Organisation
) -> None:
    response = client.get(
        "/organisations/suggestions/", {"q": "beleid", "domain": "mow.vlaanderen.be"}
    )

    assert response.json() == {
        "names": ["FOD Beleid en Ondersteuning (BOSA)"],
        "own": "Vlaamse overheid",
    }


@pytest.mark.parametrize(
    "query", [{}, {"q": "x" * 5000, "domain": "y." * 5000}, {"q": "\x00", "domain": "a.\x00b.c"}]
)
def test_suggestions_survive_whatever_is_asked(
    client: CheckedClient, bosa: Organisation, query: dict[str, str]
) -> None:
    response = client.get("/organisations/suggestions/", query)

    assert response.json() == {"names": [], "own": ""}
