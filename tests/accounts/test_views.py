"""Suggestions from the directory."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import directory
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _directory(db: None) -> None:
    for name, domain in [
        ("Stad Brugge", "brugge.be"),
        ("OCMW Brugge", "ocmw.brugge.be"),
        ("Provincie West-Vlaanderen", "west-vlaanderen.be"),
        ("'s-Gravenvoeren", "voeren.be"),
    ]:
        organisation = build.make_organisation(name=name)
        organisation.domains.create(domain=domain)
        directory.index_names(organisation)


@pytest.mark.parametrize(
    ("query", "names", "own"),
    [
        ("", [], ""),
        ("?q=", [], ""),
        ("?q=++", [], ""),
        ("?q=stad", ["Stad Brugge"], ""),
        ("?q=BRUG", ["OCMW Brugge", "Stad Brugge"], ""),
        ("?q=stad++brugge", ["Stad Brugge"], ""),
        ("?q=s%CC%81tad", ["Stad Brugge"], ""),
        ("?q=%E2%80%99s-grav", ["'s-Gravenvoeren"], ""),
        ("?q=%25", [], ""),
        ("?q=_", [], ""),
        ("?q=%5C", [], ""),
        ("?q=%00", [], ""),
        ("?q=stad%00", [], ""),
        ("?q=%ED%A0%80", [], ""),
        ("?q=" + "stad" * 2000, [], ""),
        ("?domain=brugge.be", [], "Stad Brugge"),
        ("?domain=BRUGGE.BE", [], "Stad Brugge"),
        ("?domain=mail.brugge.be", [], "Stad Brugge"),
        ("?domain=x.ocmw.brugge.be", [], "OCMW Brugge"),
        ("?domain=nietbrugge.be", [], ""),
        ("?domain=be", [], ""),
        ("?domain=", [], ""),
        ("?domain=.", [], ""),
        ("?domain=..brugge.be", [], "Stad Brugge"),
        ("?domain=%00", [], ""),
        ("?domain=%00.brugge.be", [], ""),
        ("?domain=brugge.be%00", [], ""),
        ("?domain=" + "a." * 5000, [], ""),
    ],
)
def test_suggestions_are_those_that_fit(
    query: str, names: list[str], own: str, client: Client
) -> None:
    answer = client.get(f"/organisations/suggestions/{query}")

    assert (answer.status_code, answer.json()) == (200, {"names": names, "own": own})


def test_suggestions_are_few_and_take_few_queries(client: Client) -> None:
    for number in range(40):
        directory.index_names(build.make_organisation(name=f"Gemeente {number:02}"))

    with CaptureQueriesContext(connection) as queries:
        names = client.get("/organisations/suggestions/?q=gemeente").json()["names"]

    assert names == [f"Gemeente {number:02}" for number in range(8)]
    assert len(queries) <= 3


def test_suggestions_name_no_address(client: Client) -> None:
    answer = client.get("/organisations/suggestions/?domain=jan.peeters@brugge.be")

    assert "peeters" not in answer.content.decode()
