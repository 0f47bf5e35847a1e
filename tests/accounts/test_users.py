import pytest

from tests.build import make_user

pytestmark = pytest.mark.django_db


def test_user_is_known_by_an_address_in_lower_case() -> None:
    assert make_user(email=" An.Peeters@Example.ORG ").email == "an.peeters@example.org"
