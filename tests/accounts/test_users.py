import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.build import make_user

pytestmark = pytest.mark.django_db


def test_user_is_known_by_an_address_in_lower_case() -> None:
    assert make_user(email=" An.Peeters@Example.ORG ").email == "an.peeters@example.org"


@pytest.mark.parametrize("typed", ["an@example.org", "AN@EXAMPLE.ORG", " an@example.org "])
def test_user_signs_in_however_the_address_is_typed(typed: str) -> None:
    user = make_user(email="an@example.org")

    assert authenticate(username=typed, password="secret") == user


@pytest.mark.parametrize(
    ("fields", "password"), [({}, "Secret"), ({}, ""), ({"is_active": False}, "secret")]
)
def test_user_does_not_sign_in_without_right_or_password(
    fields: dict[str, bool], password: str
) -> None:
    make_user(email="an@example.org", **fields)

    assert authenticate(username="an@example.org", password=password) is None


def test_user_without_password_signs_in_with_none() -> None:
    User.objects.create_user("an@example.org")

    assert authenticate(username="an@example.org", password="") is None


def test_database_refuses_one_address_in_two_spellings() -> None:
    make_user(email="an@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="AN@example.org")
