"""Counts of attempts and sessions of browsers in Redis, with Redis there and gone."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from accounts.privacy import erase_account
from config.caches import redis as cache_at
from tests import redis_server
from tests.build import make_organiser, make_programme, make_session
from tests.config.test_environment import SHOW, read, start

ADDRESS = "redis://127.0.0.1:1/0"


@pytest.fixture
def server(
    settings: Settings, tmp_path: Path
) -> Iterator[tuple[redis.Redis, subprocess.Popen[bytes]]]:
    """Redis as the settings of production use it, and a way to look into it."""
    with redis_server.running(tmp_path) as (address, process):
        settings.CACHES = {"default": cache_at(address), "browsers": cache_at(address, longest=300)}
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
        settings.SESSION_CACHE_ALIAS = "browsers"
        yield redis.Redis.from_url(address), process


Server = tuple[redis.Redis, subprocess.Popen[bytes]]


def test_one_setting_moves_counts_and_sessions_to_redis() -> None:
    caches_found, engine, alias = read(
        "CACHES", "SESSION_ENGINE", "SESSION_CACHE_ALIAS", CACHE_URL=ADDRESS
    )

    assert (engine, alias) == ("django.contrib.sessions.backends.cached_db", "browsers")
    assert caches_found["default"]["LOCATION"] == ADDRESS
    assert caches_found["browsers"]["OPTIONS"]["longest"] == 300


def test_without_it_both_are_in_the_database() -> None:
    found, engine = read("CACHES", "SESSION_ENGINE")

    assert list(found) == ["default"]
    assert found["default"]["BACKEND"].endswith(".DatabaseCache")
    assert engine == "django.contrib.sessions.backends.db"


@pytest.mark.parametrize("wrong", ["localhost:6379", "http://localhost", "redis://", "redis://x:y"])
def test_address_of_no_redis_stops_the_start(wrong: str) -> None:
    ran = start(SHOW, "DEBUG", CACHE_URL=wrong)

    assert ran.returncode == 1
    assert ran.stderr.startswith("The setting CACHE_URL cannot be understood: it is ")


def test_values_are_kept_as_text_that_runs_nothing(server: Server) -> None:
    inside, _process = server
    cache = caches["default"]

    cache.set("attempts", [1.5, 2.5], 60)
    cache.set("count", 1, 60)
    cache.incr("count")

    assert (cache.get("attempts"), cache.get("count")) == ([1.5, 2.5], 2)
    kept = {key: inside.get(key) for key in inside.scan_iter()}
    assert [json.loads(value) for value in kept.values()]
    assert all(key.startswith(b"sessions:") for key in kept)


@pytest.mark.django_db
def test_browser_session_is_read_in_redis_and_kept_in_the_database(
    server: Server, django_assert_num_queries: object
) -> None:
    inside, _process = server
    client = Client()
    client.force_login(make_organiser(make_programme()))

    [key] = [key for key in inside.scan_iter() if b"cached_db" in key]
    assert Session.objects.count() == 1
    assert 0 < inside.ttl(key) <= 300
    # Redis loses everything: nobody is signed out.
    inside.flushall()
    assert client.get("/me/").status_code == 200


@pytest.mark.django_db
def test_erased_account_is_signed_out_in_redis_too(server: Server) -> None:
    inside, _process = server
    user = make_organiser(make_programme())
    client = Client()
    client.force_login(user)
    assert any(b"cached_db" in key for key in inside.scan_iter())

    erase_account(user)

    assert not any(b"cached_db" in key for key in inside.scan_iter())
    assert client.get("/me/").status_code == 302


@pytest.mark.django_db
def test_everything_works_while_redis_is_gone(server: Server) -> None:
    _inside, process = server
    client = Client()
    client.force_login(make_organiser(make_programme()))
    session = make_session()
    process.kill()
    process.wait()
    cache = caches["default"]

    assert client.get("/me/").status_code == 200
    assert Client().get(session.get_absolute_url()).status_code == 200
    # Signing in and out, which counts attempts.
    assert Client().post("/accounts/login/", {"login": "an@example.org"}).status_code == 302
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/me/").status_code == 302
    assert cache.get("x", "nothing") == "nothing"
    assert (cache.add("x", 1), cache.touch("x"), cache.delete("x"), "x" in cache) == (
        True, False, False, False,
    )  # fmt: skip
    assert (cache.get_many(["x"]), cache.set_many({"x": 1}), cache.clear()) == ({}, [], False)
    with pytest.raises(ValueError, match="Redis"):
        cache.incr("x")
    assert project.SESSION_ENGINE.endswith("cached_db")
