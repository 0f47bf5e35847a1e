import pytest
from django.db.models import TextField, Value

from accounts.models import Programme
from accounts.searching import Plain, plain
from tests.build import make_programme

pytestmark = pytest.mark.django_db

LETTERS = "".join(map(chr, range(0x20, 0x180))).replace("\x7f", "")


def test_database_makes_every_letter_of_europe_plain_as_we_do() -> None:
    make_programme()
    text = Value(LETTERS, output_field=TextField())

    [made] = Programme.objects.values_list(Plain(text), flat=True)

    assert made == plain(LETTERS)
    assert not set("éÉçÇïÏÿŸÅ") & set(made)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("ÉNERGIE", "energie"), ("re\N{COMBINING ACUTE ACCENT}gion", "region"), ("l’État", "l'etat")],
)
def test_case_accents_and_apostrophes_do_not_count(typed: str, said: str) -> None:
    assert plain(typed) == said
