"""What holds for the project as a whole: who may open what, what stays secret, how it starts."""

import io
import logging
import os
import re
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, include, path, re_path, resolve
from django.urls.resolvers import RegexPattern
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts import merging
from accounts.access import (
    Access,
    administrator,
    anyone,
    is_declared,
    lead,
    local_only,
    organiser,
    signed_in,
    token_holder,
)
from accounts.auditing import SYSTEM
from accounts.models import NameMatch, Role, User
from events import circulars, history, registering
from events.models import Circular, Registration, SavedView, Session
from events.privacy import erase_registration
from events.views.organise.preview import preview
from mailing import examples, outbox
from mailing.letters import Letter, render
from mailing.models import Message, SuppressedAddress
from portal.messages import KIND, code_of, tell_way
from portal.mine import calendar_of
from portal.models import Preparation
from procurement.models import Call
from tests import build
from tests.interop.validator import complaints
from tests.page import CheckedClient
from tests.procurement.build import make_follow, make_submitted, make_trajectory

ROOT = Path(__file__).resolve().parent.parent
OUR_APPS = ["accounts", "events", "mailing", "portal", "procurement"]


# Routes ------------------------------------------------------------------------------------------


def routes(
    resolver: URLResolver | None = None, path: str = "", app_names: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern, tuple[str, ...]]]:
    """Every address as it is written in the address map, with the apps whose includes it is in."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here, entry, app_names
        else:
            apps_here = (*app_names, entry.app_name) if entry.app_name else app_names
            yield from routes(entry, here, apps_here)


def undeclared(resolver: URLResolver | None = None) -> list[str]:
    """The addresses whose views do not say who may open them."""
    return [
        path
        for path, route, app_names in routes(resolver)
        if not is_declared(route.callback, app_names)
    ]


def own_routes() -> Iterator[tuple[str, URLPattern]]:
    """The addresses of our own views; django-allauth's keep their own rules, tried in the table."""
    for address, route, _app_names in routes():
        if hasattr(route.callback, "access"):
            yield address, route


def test_every_route_declares_who_may_open_it() -> None:
    assert undeclared() == []


def bare(request: HttpRequest) -> HttpResponse:
    """A view that somebody forgot to decorate."""
    return HttpResponse("secret")


def test_view_that_declares_nothing_is_found_wherever_it_stands() -> None:
    nested = ([path("deep/", bare), path("open/", anyone(lambda _request: None))], "portal")
    patterns = [
        path("bare/", bare),
        path("accounts/bare/", bare),
        path("admin/bare/", bare),
        re_path("^(?P<code>x)/bare$", bare),
        path("a/", include([path("b/", include(nested))])),
        *i18n_patterns(
            path("i18n/", include([path("bare/", bare)])), prefix_default_language=False
        ),
    ]

    found = undeclared(URLResolver(RegexPattern("^/"), patterns))

    assert [address.removeprefix("^/") for address in found] == [
        "bare/",
        "accounts/bare/",
        "admin/bare/",
        "^(?P<code>x)/bare$",
        "a/b/deep/",
        "i18n/bare/",
    ]


@pytest.mark.parametrize("first", [anyone, signed_in, token_holder, lead, organiser, local_only])
@pytest.mark.parametrize("second", [anyone, signed_in, token_holder, lead, administrator])
def test_view_that_declares_twice_is_refused_when_it_is_read(first: Any, second: Any) -> None:
    view = first(lambda _request: HttpResponse())

    with pytest.raises(TypeError, match="twice"):
        second(view)


urlpatterns = [
    path("bare/", bare),
    path("declared/", anyone(lambda _request: HttpResponse("public"))),
    path("", include("events.urls")),
    path("", include("portal.urls")),
    path("", include("procurement.urls")),
    path("", include("mailing.urls")),
    path("accounts/", include("allauth.urls")),
]


@pytest.mark.urls(__name__)
def test_view_that_declares_nothing_does_not_exist_and_is_logged(
    db: None, log: io.StringIO
) -> None:
    client = Client()

    assert client.get("/declared/").content == b"public"
    assert client.get("/bare/").status_code == 404
    assert b"secret" not in client.get("/bare/").content
    assert f"{__name__}.bare does not say who may open it." in log.getvalue()


def test_only_addresses_with_a_code_are_for_token_holders() -> None:
    private = {path for path, route in own_routes() if route.callback.access is Access.TOKEN_HOLDER}

    assert private == {path for path, _route in own_routes() if "<str:code>" in path}


@pytest.mark.parametrize("address", ["/mailbox/", "/mails/", "/style/"])
def test_page_for_local_mode_exists_in_no_other(address: str) -> None:
    program = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        f"try:\n    resolve('{address}')\nexcept Resolver404:\n    print('nothing here')\n"
    )

    ran = python(program, PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"})

    assert (ran.stdout.strip(), ran.stderr) == ("nothing here", "")


# Routes and roles --------------------------------------------------------------------------------

# What each person gets at each address. `slug` is a published session and `draft` a draft, both of
# the programme of `own`; `mine`, `join` and `waiting` are the codes of somebody registered;
# the rest of the codes open nothing. The trajectory `theirs` is nobody's of them, and so is
# `submitted`, but to a call of `own`. In Django's admin 302 leads to the sign-in page, and for a
# row of another programme or none at all to the admin's first page. For who organises nothing
# Django's admin does not exist: its sign-in, to which 302 leads, answers 404.
EVERY_METHOD = "GET HEAD POST PUT PATCH DELETE OPTIONS"
TABLE = """
METHODS                   ADDRESS          visitor nobody other own admin (lead (helper viewer))

GET HEAD                  /                                          200 200 200 200 200
POST PUT PATCH DELETE     /                                          405 405 405 405 405
GET HEAD                  /sessions/                                 200 200 200 200 200
POST PUT PATCH DELETE     /sessions/                                 405 405 405 405 405
GET HEAD                  /search/                                   200 200 200 200 200
GET HEAD                  /search/?q=ai                              200 200 200 200 200
GET HEAD                  /search/?q=ai&kind=speakers                200 200 200 200 200
GET HEAD                  /search/?q=ai&kind=guessed                 404 404 404 404 404
POST PUT PATCH DELETE     /search/                                   405 405 405 405 405
GET HEAD                  /sessions/calendar.ics                     200 200 200 200 200
POST PUT PATCH DELETE     /sessions/calendar.ics                     405 405 405 405 405
GET HEAD                  /deadlines/                                200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/                                405 405 405 405 405
GET HEAD                  /calendar/                                 200 200 200 200 200
POST PUT PATCH DELETE     /calendar/                                 405 405 405 405 405
GET HEAD                  /calendar.ics                              200 200 200 200 200
POST PUT PATCH DELETE     /calendar.ics                              405 405 405 405 405
GET HEAD                  /deadlines/calendar.ics                    200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/calendar.ics                    405 405 405 405 405
GET HEAD                  /deadlines/feed.atom                       200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/feed.atom                       405 405 405 405 405
GET HEAD                  /deadlines/deadlines.json                  200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/deadlines.json                  405 405 405 405 405
GET HEAD                  /organisations/suggestions/?q=stad         200 200 200 200 200
POST PUT PATCH DELETE     /organisations/suggestions/                405 405 405 405 405

GET HEAD                  /sessions/{slug}/                          200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/                          405 405 405 405 405
GET HEAD                  /sessions/{slug}/picture.png               200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/picture.png               405 405 405 405 405
GET HEAD                  /sessions/{slug}/calendar.ics              200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/calendar.ics              405 405 405 405 405
GET HEAD                  /sessions/{slug}/registered/               200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/registered/               405 405 405 405 405
POST                      /sessions/{slug}/register/                 422 422 422 422 422
GET HEAD PUT DELETE       /sessions/{slug}/register/                 302 302 302 302 302
GET HEAD                  /sessions/{slug}/register/colleagues/      200 200 200 200 200
POST                      /sessions/{slug}/register/colleagues/      422 422 422 422 422
PUT PATCH DELETE          /sessions/{slug}/register/colleagues/      405 405 405 405 405
GET HEAD                  /deadlines/{call}/                         200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/{call}/                         405 405 405 405 405
GET HEAD                  /deadlines/{call}/picture.png              200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/{call}/picture.png              405 405 405 405 405
GET HEAD                  /deadlines/{call}/calendar.ics             200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/{call}/calendar.ics             405 405 405 405 405

GET HEAD                  /sessions/{draft}/                         404 404 404 404 404
GET HEAD                  /sessions/{draft}/calendar.ics             404 404 404 404 404
GET HEAD                  /sessions/{draft}/registered/              404 404 404 404 404
GET HEAD POST PUT         /sessions/{draft}/register/                404 404 404 404 404
GET HEAD POST             /sessions/{draft}/register/colleagues/     404 404 404 404 404
GET HEAD POST             /sessions/guessed/register/colleagues/     404 404 404 404 404
GET HEAD                  /sessions/guessed/                         404 404 404 404 404
GET HEAD                  /sessions/guessed/calendar.ics             404 404 404 404 404
GET HEAD                  /sessions/guessed/registered/              404 404 404 404 404
GET HEAD POST PUT         /sessions/guessed/register/                404 404 404 404 404
GET HEAD                  /deadlines/guessed/                        404 404 404 404 404
GET HEAD                  /deadlines/guessed/calendar.ics            404 404 404 404 404
GET HEAD                  /deadlines/{draft_call}/                   404 404 404 404 404
GET HEAD                  /deadlines/{draft_call}/calendar.ics       404 404 404 404 404

GET HEAD                  /follow/                                   200 200 200 200 200
POST                      /follow/                                   422 422 422 422 422
PUT PATCH DELETE          /follow/                                   405 405 405 405 405
GET HEAD                  /follow/{follower}/                        200 200 200 200 200
POST PUT PATCH DELETE     /follow/{follower}/                        405 405 405 405 405
GET HEAD                  /follow/{follower}/reminders/              405 405 405 405 405
POST                      /follow/{follower}/reminders/              404 404 404 404 404
GET HEAD                  /follow/{follower}/unfollow/               405 405 405 405 405
POST                      /follow/{follower}/unfollow/               404 404 404 404 404
GET HEAD                  /follow/{confirm}/confirm/                 200 200 200 200 200
PUT PATCH DELETE          /follow/{confirm}/confirm/                 405 405 405 405 405
POST                      /follow/{confirm}/confirm/                 302 302 302 302 302
GET HEAD                  /follow/{stop}/stop/                       200 200 200 200 200
PUT PATCH DELETE          /follow/{stop}/stop/                       405 405 405 405 405
POST                      /follow/{stop}/stop/                       200 200 200 200 200
GET HEAD                  /follow/{stop}/                            404 404 404 404 404
GET HEAD                  /follow/{mine}/                            404 404 404 404 404
GET HEAD POST             /follow/{follower}/confirm/                404 404 404 404 404
GET HEAD POST             /follow/{follower}/stop/                   404 404 404 404 404
GET HEAD POST             /follow/{confirm}/stop/                    404 404 404 404 404
GET HEAD POST             /follow/{bare}/stop/                       404 404 404 404 404
POST                      /follow/{forged}/unfollow/                 404 404 404 404 404
GET HEAD POST             /follow/{nul}/stop/                        404 404 404 404 404

GET HEAD                  /registrations/{mine}/                     200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/                     405 405 405 405 405
GET HEAD                  /registrations/{mine}/cancel/              200 200 200 200 200
PUT PATCH DELETE          /registrations/{mine}/cancel/              405 405 405 405 405
POST                      /registrations/{mine}/cancel/              302 302 302 302 302
GET HEAD                  /registrations/{mine}/substitute/          200 200 200 200 200
POST                      /registrations/{mine}/substitute/          422 422 422 422 422
GET HEAD                  /registrations/{waiting}/substitute/       200 200 200 200 200
POST                      /registrations/{waiting}/substitute/       422 422 422 422 422
PUT PATCH DELETE          /registrations/{waiting}/substitute/       405 405 405 405 405
GET HEAD                  /registrations/{waiting}/details/          200 200 200 200 200
POST                      /registrations/{waiting}/details/          422 422 422 422 422
PUT PATCH DELETE          /registrations/{waiting}/details/          405 405 405 405 405
POST                      /registrations/{waiting}/needs/erase/      302 302 302 302 302
GET HEAD PUT DELETE       /registrations/{waiting}/needs/erase/      405 405 405 405 405
POST                      /registrations/{waiting}/consents/withdraw/ 302 302 302 302 302
GET HEAD PUT DELETE       /registrations/{waiting}/consents/withdraw/ 405 405 405 405 405
GET HEAD                  /registrations/{mine}/calendar.ics         200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/calendar.ics         405 405 405 405 405
GET HEAD                  /registrations/{waiting}/calendar.ics      404 404 404 404 404
GET HEAD                  /registrations/{mine}/certificate.pdf      404 404 404 404 404
POST PUT PATCH DELETE     /registrations/{mine}/certificate.pdf      405 405 405 405 405
GET HEAD                  /registrations/{join}/certificate.pdf      404 404 404 404 404
GET HEAD                  /registrations/{join}/join/                200 200 200 200 200
POST                      /registrations/{join}/join/                302 302 302 302 302
PUT PATCH DELETE          /registrations/{join}/join/                405 405 405 405 405
GET HEAD                  /registrations/{join}/join/calendar.ics    200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{join}/join/calendar.ics    405 405 405 405 405

GET HEAD                  /registrations/{ticket}/ticket/            200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{ticket}/ticket/            405 405 405 405 405
GET HEAD                  /registrations/{ticket}/                   404 404 404 404 404
GET HEAD POST             /registrations/{ticket}/join/              404 404 404 404 404
GET HEAD                  /registrations/{join}/ticket/              404 404 404 404 404
GET HEAD                  /registrations/{mine}/ticket/              404 404 404 404 404
GET HEAD                  /registrations/{forged}/ticket/            404 404 404 404 404
GET HEAD                  /registrations/{join}/                     404 404 404 404 404
GET HEAD POST             /registrations/{join}/cancel/              404 404 404 404 404
GET HEAD POST             /registrations/{join}/substitute/          404 404 404 404 404
GET HEAD POST             /registrations/{join}/details/             404 404 404 404 404
POST                      /registrations/{join}/needs/erase/         404 404 404 404 404
POST                      /registrations/{join}/consents/withdraw/   404 404 404 404 404
GET HEAD                  /registrations/{join}/calendar.ics         404 404 404 404 404
GET HEAD POST             /registrations/{mine}/join/                404 404 404 404 404
GET HEAD                  /registrations/{mine}/join/calendar.ics    404 404 404 404 404
GET HEAD                  /registrations/{bare}/                     404 404 404 404 404
GET HEAD POST             /registrations/{bare}/cancel/              404 404 404 404 404
GET HEAD POST             /registrations/{bare}/join/                404 404 404 404 404
GET HEAD                  /registrations/{bare}/join/calendar.ics    404 404 404 404 404
GET HEAD                  /registrations/{number}/                   404 404 404 404 404
GET HEAD POST             /registrations/{number}/cancel/            404 404 404 404 404
GET HEAD                  /registrations/{truncated}/                404 404 404 404 404
GET HEAD POST             /registrations/{truncated}/cancel/         404 404 404 404 404
GET HEAD                  /registrations/{truncated}/calendar.ics    404 404 404 404 404
GET HEAD                  /registrations/{longer}/                   404 404 404 404 404
GET HEAD                  /registrations/{forged}/                   404 404 404 404 404
GET HEAD POST             /registrations/{forged}/cancel/            404 404 404 404 404
GET HEAD POST             /registrations/{forged}/substitute/        404 404 404 404 404
GET HEAD POST             /registrations/{forged}/details/           404 404 404 404 404
POST                      /registrations/{forged}/needs/erase/       404 404 404 404 404
POST                      /registrations/{forged}/consents/withdraw/ 404 404 404 404 404
GET HEAD POST             /registrations/{truncated}/substitute/     404 404 404 404 404
GET HEAD POST             /registrations/{truncated}/details/        404 404 404 404 404
GET HEAD                  /registrations/{forged}/calendar.ics       404 404 404 404 404
GET HEAD                  /registrations/{forged}/join/              404 404 404 404 404
GET HEAD                  /registrations/{nul}/                      404 404 404 404 404

GET HEAD                  /registrations/{mine}/privacy/             200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/privacy/             405 405 405 405 405
GET HEAD                  /registrations/{mine}/privacy/data.json    200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/privacy/data.json    405 405 405 405 405
GET HEAD                  /registrations/{mine}/privacy/data.txt     200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/privacy/data.txt     405 405 405 405 405
GET HEAD                  /registrations/{mine}/privacy/erase/       200 200 200 200 200
PUT PATCH DELETE          /registrations/{mine}/privacy/erase/       405 405 405 405 405
POST                      /registrations/{mine}/privacy/erase/       302 302 302 302 302
GET HEAD                  /registrations/{join}/privacy/             404 404 404 404 404
GET HEAD                  /registrations/{join}/privacy/data.json    404 404 404 404 404
GET HEAD                  /registrations/{join}/privacy/data.txt     404 404 404 404 404
GET HEAD POST             /registrations/{join}/privacy/erase/       404 404 404 404 404
GET HEAD                  /registrations/{forged}/privacy/           404 404 404 404 404
GET HEAD                  /registrations/{forged}/privacy/data.json  404 404 404 404 404
GET HEAD                  /registrations/{forged}/privacy/data.txt   404 404 404 404 404
GET HEAD POST             /registrations/{forged}/privacy/erase/     404 404 404 404 404
GET HEAD                  /registrations/{way}/privacy/              404 404 404 404 404
GET HEAD POST             /registrations/{erased}/privacy/erase/     404 404 404 404 404
GET HEAD                  /registrations/{erased}/                   404 404 404 404 404

GET HEAD                  /privacy/data/                             200 200 200 200 200
POST                      /privacy/data/                             422 422 422 422 422
PUT PATCH DELETE          /privacy/data/                             405 405 405 405 405
GET HEAD                  /privacy/erased/                           200 200 200 200 200
POST PUT PATCH DELETE     /privacy/erased/                           405 405 405 405 405
GET HEAD                  /privacy/data/{way}/                       200 200 200 200 200
POST PUT PATCH DELETE     /privacy/data/{way}/                       405 405 405 405 405
GET HEAD                  /privacy/data/{way}/data.json              200 200 200 200 200
POST PUT PATCH DELETE     /privacy/data/{way}/data.json              405 405 405 405 405
GET HEAD                  /privacy/data/{way}/data.txt               200 200 200 200 200
POST PUT PATCH DELETE     /privacy/data/{way}/data.txt               405 405 405 405 405
GET HEAD                  /privacy/data/{way}/erase/                 200 200 200 200 200
PUT PATCH DELETE          /privacy/data/{way}/erase/                 405 405 405 405 405
POST                      /privacy/data/{way}/erase/                 302 302 302 302 302
GET HEAD                  /privacy/data/{mine}/                      404 404 404 404 404
GET HEAD                  /privacy/data/{mine}/data.json             404 404 404 404 404
GET HEAD                  /privacy/data/{mine}/data.txt              404 404 404 404 404
GET HEAD POST             /privacy/data/{mine}/erase/                404 404 404 404 404
GET HEAD                  /privacy/data/{nul}/                       404 404 404 404 404

GET HEAD                  /registrations/                            200 200 200 200 200
POST                      /registrations/                            422 422 422 422 422
PUT PATCH DELETE          /registrations/                            405 405 405 405 405

GET HEAD                  /organise/                                 302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/                                 302 404 405 405 405 405 405 405
GET HEAD                  /organise/search/?q=ai                     302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/search/                          302 404 405 405 405 405 405 405
GET HEAD                  /organise/search/entries.json              302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/search/entries.json              302 404 405 405 405 405 405 405
GET HEAD                  /organise/manual/                          302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/manual/                          302 404 405 405 405 405 405 405
GET HEAD                  /organise/manual/team/                     302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/manual/team/                     302 404 405 405 405 405 405 405
GET HEAD                  /organise/manual/guessed/                  302 404 404 404 404 404 404 404
GET HEAD                  /organise/audit/                           302 404 404 404 200 200
POST PUT PATCH DELETE     /organise/audit/                           302 404 404 404 405 405
POST                      /organise/audit/export/                    302 404 404 404 200 200
GET HEAD PUT DELETE       /organise/audit/export/                    302 404 404 404 405 405

GET HEAD                  /organise/sessions/{slug}/questions/       302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/questions/       302 404 405 405 405
GET HEAD                  /organise/sessions/guessed/questions/      302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/questions/add/choice/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/questions/add/choice/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/questions/add/choice/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/questions/add/guessed/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/questions/{q}/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/questions/{q}/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/questions/{q}/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{draft}/questions/{q}/ 302 404 404 404 404
GET HEAD POST             /organise/sessions/{slug}/questions/999999999999/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/questions/{q}/delete/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/questions/{q}/delete/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/questions/{q}/delete/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{draft}/questions/{q}/delete/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/questions/{q}/past/{q}/ 302 404 404 302 302
POST                      /organise/sessions/{draft}/questions/{q}/past/{q}/ 302 404 404 404 404
GET PUT PATCH DELETE /organise/sessions/{slug}/questions/{q}/past/{q}/ 302 404 405 405 405
GET HEAD                  /organise/sessions/new/                    302 404 200 200 200
POST                      /organise/sessions/new/                    302 404 422 422 422
PUT PATCH DELETE          /organise/sessions/new/                    302 404 405 405 405
GET HEAD                  /organise/sessions/import/                 302 404 200 200 200
POST                      /organise/sessions/import/                 302 404 422 422 422
PUT PATCH DELETE          /organise/sessions/import/                 302 404 405 405 405
POST                      /organise/sessions/import/form/            302 404 302 302 302
GET HEAD PUT DELETE       /organise/sessions/import/form/            302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/page/            302 404 404 200 200
POST                      /organise/sessions/{slug}/page/            302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/page/            302 404 405 405 405
GET HEAD POST             /organise/sessions/guessed/page/           302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/publish/         302 404 404 200 200
POST                      /organise/sessions/{slug}/publish/         302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/publish/         302 404 405 405 405
GET HEAD POST             /organise/sessions/guessed/publish/        302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/unpublish/       302 404 404 200 200
POST                      /organise/sessions/{slug}/unpublish/       302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/unpublish/       302 404 405 405 405
GET HEAD POST             /organise/sessions/guessed/unpublish/      302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/cancel/          302 404 404 200 200
POST                      /organise/sessions/{slug}/cancel/          302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/cancel/          302 404 405 405 405
GET HEAD POST             /organise/sessions/guessed/cancel/         302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/clone/           302 404 404 200 200
POST                      /organise/sessions/{slug}/clone/           302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/clone/           302 404 405 405 405
GET HEAD POST             /organise/sessions/guessed/clone/          302 404 404 404 404
GET HEAD                  /organise/sessions/{draft}/page/           302 404 404 200 200
POST                      /organise/sessions/{draft}/page/           302 404 404 422 422
GET HEAD                  /organise/sessions/{draft}/publish/        302 404 404 200 200
GET HEAD POST             /organise/sessions/{draft}/cancel/         302 404 404 302 302
GET HEAD                  /organise/sessions/{slug}/preview/         302 404 404 200 200 200 200 200
GET HEAD                  /organise/sessions/{draft}/preview/        302 404 404 200 200 200 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/preview/         302 404 405 405 405 405 405 405
GET HEAD                  /organise/sessions/guessed/preview/        302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/history/         302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/history/         302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/history/1/       302 404 404 200 200
GET HEAD                  /organise/sessions/{draft}/history/1/      302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/history/999999999999/ 302 404 404 404 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/history/1/       302 404 405 405 405
POST                      /organise/sessions/{slug}/history/1/restore/ 302 404 404 302 302
POST                      /organise/sessions/{draft}/history/1/restore/ 302 404 404 404 404
GET HEAD PUT DELETE       /organise/sessions/{slug}/history/1/restore/ 302 404 405 405 405

GET HEAD                  /organise/sessions/{slug}/audit/           302 404 404 404 200 200
GET HEAD                  /organise/sessions/{draft}/audit/          302 404 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/audit/           302 404 404 404 405 405
GET HEAD                  /organise/sessions/guessed/audit/          302 404 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/agenda/          302 404 404 200 200 200 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/agenda/          302 404 405 405 405 405 405 405
GET HEAD                  /organise/sessions/{draft}/agenda/         302 404 404 200 200 200 200 200
GET HEAD                  /organise/sessions/guessed/agenda/         302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/agenda/add/      302 404 404 200 200
POST                      /organise/sessions/{slug}/agenda/add/      302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/add/      302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/agenda/add/?after={theirs} 302 404 404 200 200
GET HEAD POST             /organise/sessions/{slug}/agenda/lengthen/ 302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/lengthen/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/agenda/paste/    302 404 404 200 200
POST                      /organise/sessions/{slug}/agenda/paste/    302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/paste/    302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/agenda/paste/replace/ 302 404 404 302 302
POST                      /organise/sessions/{slug}/agenda/paste/replace/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/paste/replace/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/agenda/paste/append/ 302 404 404 302 302
POST                      /organise/sessions/{slug}/agenda/paste/append/ 302 404 404 422 422
GET HEAD                  /organise/sessions/{slug}/agenda/{item_id}/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/agenda/{item_id}/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/{item_id}/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/agenda/{foreign}/ 302 404 404 404 404
GET HEAD POST             /organise/sessions/{slug}/agenda/99999999999999999999/ 302 404 404 404 404
GET HEAD POST             /organise/sessions/{draft}/agenda/{item_id}/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/agenda/{item_id}/delete/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/agenda/{item_id}/delete/ 302 404 404 409 409
PUT PATCH DELETE          /organise/sessions/{slug}/agenda/{item_id}/delete/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/agenda/{foreign}/delete/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/up/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/up/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/up/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/down/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/down/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/down/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/longer/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/longer/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/longer/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/shorter/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/shorter/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/shorter/ 302 404 404 404 404
POST /organise/sessions/{slug}/agenda/{item_id}/into-earlier/ 302 404 404 409 409
GET PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/into-earlier/ 302 404 405 405 405
POST /organise/sessions/{slug}/agenda/{foreign}/into-earlier/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/into-later/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/into-later/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/into-later/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/out/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/out/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/out/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/agenda/{item_id}/place/ 302 404 404 409 409
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/agenda/{item_id}/place/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/agenda/{foreign}/place/ 302 404 404 404 404

GET HEAD                  /privacy/                                  200 200 200 200 200
POST PUT PATCH DELETE     /privacy/                                  405 405 405 405 405
GET HEAD                  /privacy/register/                         200 200 200 200 200
POST PUT PATCH DELETE     /privacy/register/                         405 405 405 405 405
GET HEAD                  /accessibility/                            200 200 200 200 200
POST PUT PATCH DELETE     /accessibility/                            405 405 405 405 405
GET HEAD                  /cookies/                                  200 200 200 200 200
POST PUT PATCH DELETE     /cookies/                                  405 405 405 405 405
GET HEAD                  /security/                                 200 200 200 200 200
POST PUT PATCH DELETE     /security/                                 405 405 405 405 405
GET HEAD                  /.well-known/security.txt                  200 200 200 200 200
POST PUT PATCH DELETE     /.well-known/security.txt                  405 405 405 405 405
GET HEAD                  /security.txt                              301 301 301 301 301
POST PUT PATCH DELETE     /security.txt                              405 405 405 405 405

GET HEAD                  /organise/organisations/?q=dienst          302 404 404 404 200
POST PUT PATCH DELETE     /organise/organisations/                   302 404 404 404 405
GET HEAD                  /organise/new-organisation/                302 404 404 404 200
POST                      /organise/new-organisation/                302 404 404 404 422
PUT PATCH DELETE          /organise/new-organisation/                302 404 404 404 405
GET HEAD                  /organise/organisations/{body}/            302 404 404 404 200
POST                      /organise/organisations/{body}/            302 404 404 404 422
PUT PATCH DELETE          /organise/organisations/{body}/            302 404 404 404 405
GET HEAD                  /organise/organisations/{body}/relations/  302 404 404 404 405
POST                      /organise/organisations/{body}/relations/  302 404 404 404 422
POST                      /organise/relations/999999/end/            302 404 404 404 404
POST                      /organise/relations/999999/remove/         302 404 404 404 404
GET HEAD                  /organise/relations/{relation}/end/        302 404 404 404 405
POST                      /organise/relations/{relation}/end/        302 404 404 404 302
GET HEAD                  /organise/relations/{relation}/remove/     302 404 404 404 405
POST                      /organise/relations/{relation}/remove/     302 404 404 404 302
GET HEAD                  /organise/organisations/{body}/relations/put-back/ 302 404 404 404 405
POST                      /organise/organisations/{body}/relations/put-back/ 302 404 404 404 302
GET HEAD                  /organise/organisations/{body}/merge/      302 404 404 404 200
POST                      /organise/organisations/{body}/merge/      302 404 404 404 422
PUT PATCH DELETE          /organise/organisations/{body}/merge/      302 404 404 404 405
GET HEAD                  /organise/merges/{merge}/undo/             302 404 404 404 405
POST                      /organise/merges/{merge}/undo/             302 404 404 404 302
GET HEAD POST             /organise/organisations/guessed/           302 404 404 404 404
GET HEAD POST             /organise/organisations/guessed/merge/     302 404 404 404 404
POST                      /organise/organisations/guessed/relations/ 302 404 404 404 404
POST                      /organise/merges/999999/undo/              302 404 404 404 404
GET HEAD                  /organise/names/                           302 404 404 404 200
POST PUT PATCH DELETE     /organise/names/                           302 404 404 404 405
GET HEAD                  /organise/names/{id}/link/?q=dienst        302 404 404 404 200
POST                      /organise/names/{id}/link/                 302 404 404 404 404
GET HEAD                  /organise/names/{id}/new/                  302 404 404 404 200
POST                      /organise/names/{id}/new/                  302 404 404 404 422
GET HEAD                  /organise/names/{id}/set-aside/            302 404 404 404 405
POST                      /organise/names/{id}/set-aside/            302 404 404 404 302
GET HEAD POST             /organise/names/999999/link/               302 404 404 404 404
GET HEAD POST             /organise/names/999999/new/                302 404 404 404 404
POST                      /organise/names/999999/set-aside/          302 404 404 404 404
GET HEAD                  /organise/decisions/{match}/undo/          302 404 404 404 405
POST                      /organise/decisions/{match}/undo/          302 404 404 404 302
POST                      /organise/decisions/999999/undo/           302 404 404 404 404

GET HEAD                  /organise/closing/                         302 404 200 200 200
POST PUT PATCH DELETE     /organise/closing/                         302 404 405 405 405
GET HEAD                  /organise/retention/                       302 404 200 200 200
POST PUT PATCH DELETE     /organise/retention/                       302 404 405 405 405
GET HEAD                  /organise/retention/{programme_slug}/      302 404 404 404 200 200
POST                      /organise/retention/{programme_slug}/      302 404 404 404 422 422
PUT PATCH DELETE          /organise/retention/{programme_slug}/      302 404 405 405 405 405
GET HEAD                  /organise/retention/{programme_slug}/trajectories/ 302 404 404 404 200 200
POST                      /organise/retention/{programme_slug}/trajectories/ 302 404 404 404 422 422
PUT PATCH DELETE          /organise/retention/{programme_slug}/trajectories/ 302 404 405 405 405 405
GET HEAD POST             /organise/retention/guessed/               302 404 404 404 404

GET HEAD                  /programmes/{coloured_slug}/x.css          200 200 200 200 200
POST PUT PATCH DELETE     /programmes/{coloured_slug}/x.css          405 405 405 405 405
GET HEAD                  /programmes/{programme_slug}/x.css         404 404 404 404 404
GET HEAD                  /programmes/{programme_slug}/x.png         404 404 404 404 404
POST PUT PATCH DELETE     /programmes/{programme_slug}/x.png         405 405 405 405 405
GET HEAD                  /organise/programmes/{programme_slug}/     302 404 404 404 200 200
POST                      /organise/programmes/{programme_slug}/     302 404 404 404 422 422
PUT PATCH DELETE          /organise/programmes/{programme_slug}/     302 404 404 404 405 405
GET HEAD POST             /organise/programmes/guessed/              302 404 404 404 404 404

GET HEAD                  /organise/team/                            302 404 200 200 200
POST PUT PATCH DELETE     /organise/team/                            302 404 405 405 405
GET HEAD                  /organise/team/{programme_slug}/invite/    302 404 404 404 200 200
POST                      /organise/team/{programme_slug}/invite/    302 404 404 404 422 422
PUT PATCH DELETE          /organise/team/{programme_slug}/invite/    302 404 404 404 405 405
GET HEAD POST             /organise/team/guessed/invite/             302 404 404 404 404 404
POST                      /organise/team/invitations/{invited}/send/ 302 404 404 404 302 302
GET HEAD PUT DELETE       /organise/team/invitations/{invited}/send/ 302 404 404 404 405 405
POST                   /organise/team/invitations/{invited}/withdraw/ 302 404 404 404 302 302
GET HEAD PUT DELETE    /organise/team/invitations/{invited}/withdraw/ 302 404 404 404 405 405
GET HEAD                  /organise/team/members/{membership}/       302 404 404 404 200 200
POST                      /organise/team/members/{membership}/       302 404 404 404 422 422
GET HEAD                  /organise/team/members/{membership}/remove/ 302 404 404 404 200 200
POST                      /organise/team/members/{membership}/remove/ 302 404 404 404 302 302
PUT PATCH DELETE          /organise/team/members/{membership}/remove/ 302 404 404 404 405 405
GET HEAD POST             /organise/team/members/999999/             302 404 404 404 404 404
GET HEAD                  /invitations/{invitation}/                 200 200 200 200 200
POST PUT PATCH DELETE     /invitations/{invitation}/                 405 405 405 405 405
POST                      /invitations/{invitation}/accept/          302 409 409 409 409
GET HEAD PUT DELETE       /invitations/{invitation}/accept/          405 405 405 405 405
GET HEAD                  /invitations/{mine}/                       404 404 404 404 404
POST                      /invitations/{forged}/accept/              404 404 404 404 404

GET HEAD                  /organise/sessions/{slug}/mail/            302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/mail/            302 404 405 405 405
GET HEAD                  /organise/sessions/{draft}/mail/           302 404 404 200 200
GET HEAD                  /organise/sessions/guessed/mail/           302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/mail/texts/      302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/mail/texts/      302 404 405 405 405
GET HEAD                  /organise/sessions/guessed/mail/texts/     302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/mail/texts/link/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/mail/texts/link/ 302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/mail/texts/link/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{draft}/mail/texts/link/ 302 404 404 200 200
GET HEAD POST             /organise/sessions/{slug}/mail/texts/guessed/ 302 404 404 404 404
GET HEAD POST             /organise/sessions/guessed/mail/texts/link/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/mail/html/       302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/mail/html/?what={what} 302 404 404 200 200
GET HEAD                  /organise/sessions/{draft}/mail/html/?what={what} 302 404 404 404 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/mail/html/       302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/messages/        302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/messages/        302 404 405 405 405
GET HEAD                  /organise/sessions/guessed/messages/       302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/messages/new/    302 404 404 200 200
POST                      /organise/sessions/{slug}/messages/new/    302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/messages/new/    302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/messages/{note}/ 302 404 404 200 200
GET HEAD                  /organise/sessions/{draft}/messages/{note}/ 302 404 404 404 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/messages/{note}/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/messages/{note}/edit/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/messages/{note}/edit/ 302 404 404 422 422
GET HEAD POST             /organise/sessions/{draft}/messages/{note}/edit/ 302 404 404 404 404
PUT PATCH DELETE          /organise/sessions/{slug}/messages/{note}/edit/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/messages/{note}/test/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/{note}/test/ 302 404 405 405 405
POST                      /organise/sessions/{draft}/messages/{note}/test/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/messages/{note}/send/ 302 404 404 422 422
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/{note}/send/ 302 404 405 405 405
POST                      /organise/sessions/{draft}/messages/{note}/send/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/messages/{note}/progress/ 302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/messages/{note}/progress/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{draft}/messages/{note}/progress/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/messages/{note}/withdraw/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/{note}/withdraw/ 302 404 405 405 405
POST                      /organise/sessions/{draft}/messages/{note}/withdraw/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/messages/{note}/copy/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/{note}/copy/ 302 404 405 405 405
POST                      /organise/sessions/{draft}/messages/{note}/copy/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/messages/{note}/delete/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/{note}/delete/ 302 404 405 405 405
POST                      /organise/sessions/{draft}/messages/{note}/delete/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/messages/put-back/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/messages/put-back/ 302 404 405 405 405
POST                      /organise/sessions/guessed/messages/put-back/ 302 404 404 404 404
GET HEAD                  /organise/addresses/                       302 404 404 404 200
POST PUT PATCH DELETE     /organise/addresses/                       302 404 404 404 405
GET HEAD                  /organise/addresses/{suppressed}/clear/    302 404 404 404 405
POST                      /organise/addresses/{suppressed}/clear/    302 404 404 404 302
POST                      /organise/addresses/999999/clear/          302 404 404 404 404

GET HEAD                  /healthz                                   200 200 200 200 200
POST PUT PATCH DELETE     /healthz                                   405 405 405 405 405
GET HEAD                  /readyz                                    200 200 200 200 200
POST PUT PATCH DELETE     /readyz                                    405 405 405 405 405
GET HEAD POST PUT DELETE  /metrics                                   404 404 404 404 404
HEAD POST                 /mail/heard/brevo/                         404 404 404 404 404
HEAD POST                 /mail/heard/guessed/                       404 404 404 404 404
GET PUT PATCH DELETE      /mail/heard/brevo/                         405 405 405 405 405

GET HEAD                  /speakers/{speaker}/                       200 200 200 200 200
POST PUT PATCH DELETE     /speakers/{speaker}/                       405 405 405 405 405
GET HEAD                  /speakers/{mine}/                          404 404 404 404 404
GET HEAD                  /speakers/{forged}/                        404 404 404 404 404
GET HEAD                  /speakers/{nul}/                           404 404 404 404 404
POST                      /speakers/{speaker}/profile/               302 302 302 302 302
GET HEAD PUT DELETE       /speakers/{speaker}/profile/               405 405 405 405 405
POST                      /speakers/{forged}/profile/                404 404 404 404 404
POST                      /speakers/{speaker}/slides/                422 422 422 422 422
GET HEAD PUT DELETE       /speakers/{speaker}/slides/                405 405 405 405 405
POST                      /speakers/{forged}/slides/                 404 404 404 404 404
GET HEAD                  /speakers/{speaker}/slides/guessed/        404 404 404 404 404
POST PUT PATCH DELETE     /speakers/{speaker}/slides/guessed/        405 405 405 405 405
POST                      /speakers/{speaker}/slides/guessed/delete/ 404 404 404 404 404
GET HEAD PUT DELETE       /speakers/{speaker}/slides/guessed/delete/ 405 405 405 405 405
POST                      /speakers/{forged}/slides/{slides}/delete/ 404 404 404 404 404
GET HEAD                  /sessions/{slug}/materials/{slides}/       404 404 404 404 404
POST PUT PATCH DELETE     /sessions/{slug}/materials/{slides}/       405 405 405 405 405
GET HEAD                  /sessions/{slug}/portraits/guessed.jpg     404 404 404 404 404
POST PUT PATCH DELETE     /sessions/{slug}/portraits/guessed.jpg     405 405 405 405 405
GET HEAD                  /organise/sessions/{slug}/materials/       302 404 404 200 200
GET HEAD                  /organise/sessions/{draft}/materials/      302 404 404 200 200
GET HEAD                  /organise/sessions/guessed/materials/      302 404 404 404 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/materials/       302 404 405 405 405
POST /organise/sessions/{slug}/materials/speakers/{speaker_id}/link/ 302 404 404 302 302
POST /organise/sessions/{draft}/materials/speakers/{speaker_id}/link/ 302 404 404 404 404
GET HEAD PUT /organise/sessions/{slug}/materials/speakers/{speaker_id}/link/ 302 404 405 405 405
POST /organise/sessions/{slug}/materials/speakers/{speaker_id}/mail/ 302 404 404 422 422
POST /organise/sessions/{draft}/materials/speakers/{speaker_id}/mail/ 302 404 404 404 404
GET HEAD PUT /organise/sessions/{slug}/materials/speakers/{speaker_id}/mail/ 302 404 405 405 405
POST /organise/sessions/{slug}/materials/speakers/{speaker_id}/close/ 302 404 404 302 302
POST /organise/sessions/{draft}/materials/speakers/{speaker_id}/close/ 302 404 404 404 404
GET HEAD PUT /organise/sessions/{slug}/materials/speakers/{speaker_id}/close/ 302 404 405 405 405
POST /organise/sessions/{slug}/materials/speakers/{speaker_id}/clear/ 302 404 404 302 302
POST /organise/sessions/{draft}/materials/speakers/{speaker_id}/clear/ 302 404 404 404 404
GET HEAD PUT /organise/sessions/{slug}/materials/speakers/{speaker_id}/clear/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/add-file/ 302 404 404 422 422
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/add-file/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/add-link/ 302 404 404 422 422
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/add-link/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/put-back/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/put-back/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/materials/tell/  302 404 404 302 302
GET HEAD                  /organise/sessions/{slug}/materials/tell/progress/ 302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/materials/tell/progress/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/tell/withdraw/ 302 404 404 302 302
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/materials/tell/withdraw/ 302 404 405 405 405
PUT PATCH DELETE          /organise/sessions/{slug}/materials/tell/  302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/materials/{slides}/ 302 404 404 404 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/materials/{slides}/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/{slides}/show/ 302 404 404 302 302
POST                      /organise/sessions/{draft}/materials/{slides}/show/ 302 404 404 404 404
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/{slides}/show/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/{slides}/hide/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/{slides}/hide/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/materials/guessed/delete/ 302 404 404 404 404
POST                      /organise/sessions/{draft}/materials/{slides}/delete/ 302 404 404 404 404
POST                      /organise/sessions/{slug}/materials/{slides}/delete/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/materials/{slides}/delete/ 302 404 405 405 405
GET HEAD                  /organise/figures/                         302 404 200 200 200 200 200 200
POST PUT PATCH DELETE     /organise/figures/                         302 404 405 405 405 405 405 405
GET HEAD                  /organise/figures/kinds.csv                302 404 200 200 200 200 200 200
GET HEAD                  /organise/figures/kinds.pdf                302 404 404 404 404 404 404 404
POST PUT PATCH DELETE     /organise/figures/kinds.csv                302 404 405 405 405 405 405 405
GET HEAD                  /organise/sessions/{slug}/figures/         302 404 404 200 200 200 200 200
GET HEAD                  /organise/sessions/{draft}/figures/        302 404 404 200 200 200 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/figures/         302 404 405 405 405 405 405 405
GET HEAD /organise/sessions/{slug}/figures/kinds.svg 302 404 404 200 200 200 200 200
GET HEAD /organise/sessions/{slug}/figures/guessed.csv 302 404 404 404 404 404 404 404
POST PUT PATCH DELETE /organise/sessions/{slug}/figures/kinds.svg 302 404 405 405 405 405 405 405
GET HEAD                  /organise/sessions/guessed/figures/        302 404 404 404 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/       302 404 404 200 200 200 200 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/attendees/       302 404 405 405 405 405 405 404
GET HEAD                  /organise/sessions/{draft}/attendees/      302 404 404 200 200 200 200 404
GET HEAD                  /organise/sessions/guessed/attendees/      302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/add/   302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/add/   302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/add/   302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/attendees/{id}/  302 404 404 200 200
POST PUT PATCH DELETE     /organise/sessions/{slug}/attendees/{id}/  302 404 405 405 405
GET HEAD                  /organise/sessions/{draft}/attendees/{id}/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/999999/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/{id}/details/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/{id}/details/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/{id}/details/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{draft}/attendees/{id}/details/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/{id}/move/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/{id}/move/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/{id}/move/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{draft}/attendees/{id}/move/ 302 404 404 404 404
GET HEAD     /organise/sessions/{slug}/attendees/cancel/?chosen={id} 302 404 404 200 200
GET HEAD POST             /organise/sessions/{slug}/attendees/cancel/ 302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/cancel/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/attendees/place/ 302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/place/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/attendees/resend/ 302 404 404 302 302
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/resend/ 302 404 405 405 405
GET HEAD POST             /organise/sessions/{slug}/attendees/presence/ 302 404 404 302 302
GET HEAD     /organise/sessions/{slug}/attendees/presence/?chosen={id} 302 404 404 200 200
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/presence/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/attendance/      302 404 404 200 200 200 200 404
POST PUT PATCH DELETE     /organise/sessions/{slug}/attendance/      302 404 405 405 405 405 405 404
GET HEAD                  /organise/sessions/guessed/attendance/     302 404 404 404 404
POST                      /organise/sessions/{slug}/attendance/mark/ 302 404 404 302 302 302 302 404
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/attendance/mark/ 302 404 405 405 405 405 405 404
GET HEAD /organise/sessions/{slug}/attendance/walk-in/ 302 404 404 302 302 302 302 404
POST /organise/sessions/{slug}/attendance/walk-in/ 302 404 404 422 422 422 422 404
PUT PATCH DELETE /organise/sessions/{slug}/attendance/walk-in/ 302 404 405 405 405 405 405 404
GET HEAD                  /organise/sessions/{slug}/attendance/{id}/ 302 404 404 200 200 200 200 404
POST                      /organise/sessions/{slug}/attendance/{id}/ 302 404 404 422 422 422 422 404
PUT PATCH DELETE          /organise/sessions/{slug}/attendance/{id}/ 302 404 405 405 405 405 405 404
GET HEAD POST             /organise/sessions/{draft}/attendance/{id}/ 302 404 404 404 404
GET HEAD POST             /organise/sessions/{slug}/attendance/999999/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/export/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/export/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/export/ 302 404 405 405 405
GET HEAD                  /organise/sessions/{slug}/attendees/papers/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/papers/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/papers/ 302 404 405 405 405
GET HEAD                  /organise/sessions/guessed/attendees/papers/ 302 404 404 404 404
GET HEAD                  /organise/sessions/{slug}/attendees/import/ 302 404 404 200 200
POST                      /organise/sessions/{slug}/attendees/import/ 302 404 404 422 422
PUT PATCH DELETE          /organise/sessions/{slug}/attendees/import/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/attendees/import/people/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/attendees/import/people/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/attendees/import/check/ 302 404 404 302 302
GET HEAD PUT DELETE       /organise/sessions/{slug}/attendees/import/check/ 302 404 405 405 405
POST                      /organise/sessions/{slug}/attendees/views/ 302 404 404 422 422
GET HEAD PUT PATCH DELETE /organise/sessions/{slug}/attendees/views/ 302 404 405 405 405
POST         /organise/sessions/{slug}/attendees/views/{view}/delete/ 302 404 404 404 404
GET PUT DELETE /organise/sessions/{slug}/attendees/views/{view}/delete/ 302 404 405 405 405
POST           /organise/sessions/{slug}/attendees/views/put-back/ 302 404 404 302 302
GET PUT DELETE /organise/sessions/{slug}/attendees/views/put-back/ 302 404 405 405 405

GET HEAD                  /organise/calls/                           302 404 200 200 200
POST PUT PATCH DELETE     /organise/calls/                           302 404 405 405 405
GET HEAD                  /organise/new-call/                        302 404 200 200 200
POST                      /organise/new-call/                        302 404 422 422 422
GET HEAD                  /organise/calls/{call}/                    302 404 404 200 200
POST PUT PATCH DELETE     /organise/calls/{call}/                    302 404 405 405 405
GET HEAD                  /organise/calls/{call}/texts/              302 404 404 200 200
POST                      /organise/calls/{call}/texts/              302 404 404 422 422
GET HEAD                  /organise/calls/{call}/terms/              302 404 404 200 200
POST PUT PATCH DELETE     /organise/calls/{call}/terms/              302 404 405 405 405
GET HEAD                  /organise/calls/{call}/terms/amounts/new/  302 404 404 200 200
POST                      /organise/calls/{call}/terms/amounts/new/  302 404 404 422 422
GET HEAD                  /organise/calls/{call}/terms/amounts/{amount}/ 302 404 404 200 200
POST                      /organise/calls/{call}/terms/amounts/{amount}/ 302 404 404 422 422
GET HEAD                  /organise/calls/{call}/terms/amounts/{amount}/remove/ 302 404 405 405 405
POST                      /organise/calls/{call}/terms/amounts/{amount}/remove/ 302 404 404 302 302
GET HEAD                  /organise/calls/{call}/terms/amounts/put-back/ 302 404 405 405 405
POST                      /organise/calls/{call}/terms/amounts/put-back/ 302 404 404 302 302
POST                      /organise/calls/{call}/terms/guessed/put-back/ 302 404 404 404 404
GET HEAD                  /organise/calls/{call}/terms/amounts/999999/ 302 404 404 404 404
POST                      /organise/calls/{call}/terms/amounts/999999/ 302 404 404 409 409
GET HEAD POST             /organise/calls/{call}/terms/guessed/new/  302 404 404 404 404
GET HEAD                  /organise/calls/{call}/deadlines/          302 404 404 200 200
POST PUT PATCH DELETE     /organise/calls/{call}/deadlines/          302 404 405 405 405
GET HEAD                  /organise/calls/{call}/deadlines/read/     302 404 405 405 405
POST                      /organise/calls/{call}/deadlines/read/     302 404 404 422 422
GET HEAD                  /organise/calls/{call}/deadlines/save/     302 404 405 405 405
POST                      /organise/calls/{call}/deadlines/save/     302 404 404 422 422
GET HEAD                  /organise/calls/{call}/new-deadline/       302 404 404 200 200
POST                      /organise/calls/{call}/new-deadline/       302 404 404 422 422
GET HEAD                  /organise/calls/{call}/deadlines/{deadline}/ 302 404 404 200 200
POST                      /organise/calls/{call}/deadlines/{deadline}/ 302 404 404 422 422
GET HEAD POST             /organise/calls/{call}/deadlines/999999/   302 404 404 404 404
GET HEAD                  /organise/calls/{call}/deadlines/{deadline}/remove/ 302 404 405 405 405
POST                      /organise/calls/{call}/deadlines/{deadline}/remove/ 302 404 404 302 302
GET HEAD                  /organise/calls/{call}/deadlines/put-back/ 302 404 405 405 405
POST                      /organise/calls/{call}/deadlines/put-back/ 302 404 404 302 302
POST                      /organise/calls/{call}/deadlines/999999/remove/ 302 404 404 404 404
GET HEAD                  /organise/calls/{call}/publish/            302 404 404 200 200
POST                      /organise/calls/{call}/publish/            302 404 404 302 302
POST                      /organise/calls/{draft_call}/publish/      302 404 404 409 409
GET HEAD                  /organise/calls/{call}/suspend/            302 404 404 200 200
POST                      /organise/calls/{call}/suspend/            302 404 404 422 422
GET HEAD                  /organise/calls/{call}/cancel/             302 404 404 200 200
POST                      /organise/calls/{call}/cancel/             302 404 404 422 422
GET HEAD                  /organise/calls/{call}/clone/              302 404 404 200 200
POST                      /organise/calls/{call}/clone/              302 404 404 422 422
GET HEAD                  /organise/calls/{draft_call}/preview/      302 404 404 200 200
POST PUT PATCH DELETE     /organise/calls/{draft_call}/preview/      302 404 405 405 405
GET HEAD                  /organise/calls/guessed/                   302 404 404 404 404
GET HEAD POST             /organise/calls/guessed/texts/             302 404 404 404 404
GET HEAD                  /organise/calls/guessed/preview/           302 404 404 404 404

GET HEAD                  /organise/trajectories/                    302 404 200 200 200
POST PUT PATCH DELETE     /organise/trajectories/                    302 404 405 405 405
GET HEAD                  /organise/trajectories/export/             302 404 405 405 405
POST                      /organise/trajectories/export/             302 404 200 200 200
GET HEAD                  /organise/trajectories/{submitted}/        302 404 404 200 200
POST PUT PATCH DELETE     /organise/trajectories/{submitted}/        302 404 405 405 405
GET HEAD                  /organise/trajectories/{theirs}/           302 404 404 404 404
GET HEAD                  /organise/trajectories/guessed/            302 404 404 404 404
GET HEAD                  /organise/trajectories/%00/                302 404 404 404 404

GET HEAD                  /me/new-trajectory/                        302 200 200 200 200
POST                      /me/new-trajectory/                        302 422 422 422 422
GET HEAD                  /me/trajectories/{theirs}/             302 404 404 404 404
POST PUT PATCH DELETE     /me/trajectories/{theirs}/             302 405 405 405 405
GET HEAD POST             /me/trajectories/{theirs}/edit/        302 404 404 404 404
POST                      /me/trajectories/{theirs}/stage/       302 404 404 404 404
GET HEAD                  /me/trajectories/{theirs}/stage/       302 405 405 405 405
GET HEAD POST             /me/trajectories/{theirs}/submit/      302 404 404 404 404
POST                      /me/trajectories/{submitted}/take-back/    302 404 404 404 404
GET HEAD                  /me/trajectories/{submitted}/take-back/    302 405 405 405 405
GET HEAD POST             /me/trajectories/{theirs}/delete/      302 404 404 404 404
POST                      /me/trajectories/{theirs}/keep/        302 404 404 404 404
GET HEAD                  /me/trajectories/{theirs}/keep/        302 405 405 405 405
POST                      /me/trajectories/{theirs}/members/     302 404 404 404 404
POST                      /me/trajectories/{theirs}/members/{member}/remove/ 302 404 404 404 404
POST                      /me/trajectories/{theirs}/members/{member}/owner/ 302 404 404 404 404
POST                      /me/trajectories/{theirs}/notes/       302 404 404 404 404
POST                      /me/trajectories/{theirs}/steps/       302 404 404 404 404
POST                      /me/trajectories/{theirs}/documents/   302 404 404 404 404
GET HEAD                  /me/trajectories/{theirs}/documents/{document}/ 302 404 404 404 404
POST                      /me/trajectories/{theirs}/documents/{document}/delete/ 302 404 404 404 404
GET HEAD POST             /me/trajectories/{theirs}/charter/     302 404 404 404 404
GET HEAD                  /me/trajectories/{theirs}/charter.pdf      302 404 404 404 404
GET HEAD                  /me/trajectories/{submitted}/              302 404 404 404 404
GET HEAD                  /me/trajectories/guessed/                  302 404 404 404 404
GET HEAD                  /me/trajectories/%00/                      302 404 404 404 404

GET HEAD                  /me/                                       302 200 200 200 200
POST PUT PATCH DELETE     /me/                                       302 405 405 405 405
GET HEAD                  /me/language/                              302 405 405 405 405
POST                      /me/language/                              302 302 302 302 302
GET HEAD                  /me/calendar/                              302 405 405 405 405
POST                      /me/calendar/                              302 302 302 302 302
GET HEAD                  /me/data/                                  302 200 200 200 200
POST PUT PATCH DELETE     /me/data/                                  302 405 405 405 405
GET HEAD                  /me/data/data.json                         302 200 200 200 200
POST PUT PATCH DELETE     /me/data/data.json                         302 405 405 405 405
GET HEAD                  /me/data/data.txt                          302 200 200 200 200
POST PUT PATCH DELETE     /me/data/data.txt                          302 405 405 405 405
GET HEAD                  /me/erase/                                 302 200 200 200 200
PUT PATCH DELETE          /me/erase/                                 302 405 405 405 405
POST                      /me/erase/                                 302 302 409 409 409
GET HEAD                  /calendars/{personal}.ics                  200 200 200 200 200
POST PUT PATCH DELETE     /calendars/{personal}.ics                  405 405 405 405 405
GET HEAD                  /calendars/{mine}.ics                      404 404 404 404 404
GET HEAD                  /calendars/{forged}.ics                    404 404 404 404 404

GET HEAD                  /accounts/login/                           200 302 302 302 302
GET HEAD                  /accounts/signup/                          200 302 302 302 302
GET HEAD                  /accounts/logout/                          302 200 200 200 200
GET HEAD                  /accounts/email/                           302 200 200 200 200
GET HEAD                  /accounts/sessions/                        302 200 200 200 200
GET HEAD                  /accounts/2fa/                             302 200 200 200 200
GET HEAD                  /accounts/3rdparty/                        302 200 200 200 200
GET HEAD                  /accounts/3rdparty/signup/                 302 302 302 302 302
GET HEAD POST             /accounts/oidc/guessed/login/              404 404 404 404 404
GET HEAD POST             /accounts/password/change/                 404 404 404 404 404
GET HEAD POST             /accounts/password/set/                    404 404 404 404 404
GET HEAD POST             /accounts/password/reset/                  404 404 404 404 404
GET HEAD POST             /accounts/password/reset/key/1-a/          404 404 404 404 404

GET HEAD                  /mailbox/                                  200 200 200 200 200
POST DELETE               /mailbox/                                  405 405 405 405 405
GET HEAD                  /mailbox/{mail}/                           200 200 200 200 200
GET HEAD                  /mailbox/{mail}/html/                      200 200 200 200 200
GET HEAD                  /mailbox/{mail}/calendar/                  200 200 200 200 200
GET HEAD                  /mailbox/{mail}/source/                    200 200 200 200 200
GET HEAD                  /mails/                                    200 200 200 200 200
POST DELETE               /mails/                                    405 405 405 405 405
GET HEAD                  /mails/events.link/fr/                     200 200 200 200 200
GET HEAD                  /style/                                    200 200 200 200 200
POST PUT PATCH DELETE     /style/                                    405 405 405 405 405
GET HEAD                  /mails/events.link/fr/html/                200 200 200 200 200
GET HEAD                  /mails/guessed/fr/                         404 404 404 404 404
GET HEAD                  /mails/events.link/guessed/html/           404 404 404 404 404
GET HEAD                  /mailbox/guessed/                          404 404 404 404 404
GET HEAD                  /mailbox/guessed/html/                     404 404 404 404 404
GET HEAD                  /mailbox/guessed/calendar/                 404 404 404 404 404
GET HEAD                  /mailbox/guessed/source/                   404 404 404 404 404

GET                       /admin/                                    302 302 200 200 200
GET POST                  /admin/events/session/                     302 302 200 200 200
GET POST                  /admin/events/session/add/                 302 302 200 200 200
GET POST                  /admin/events/session/{session_id}/change/ 302 302 302 200 200
GET                       /admin/events/session/{draft_id}/change/   302 302 302 200 200
GET                       /admin/events/session/{session_id}/history/ 302 302 302 200 200
GET POST                  /admin/events/session/{session_id}/delete/ 302 302 403 403 200
GET POST                  /admin/events/session/999999/change/       302 302 302 302 302
GET POST                  /admin/events/registration/                302 302 200 200 200
GET POST                  /admin/events/registration/add/            302 302 200 200 200
GET POST                  /admin/events/registration/{id}/change/    302 302 302 200 200
GET                       /admin/events/registration/{id}/history/   302 302 302 200 200
GET POST                  /admin/events/registration/{id}/delete/    302 302 403 403 403
GET                       /admin/events/agendaitem/                  302 302 200 200 200
GET POST                  /admin/events/agendaitem/add/              302 302 403 403 403
GET POST                  /admin/events/agendaitem/{item_id}/change/ 302 302 302 200 200
GET                       /admin/events/consenttext/                 302 302 200 200 200
GET POST                  /admin/events/consenttext/{consent_id}/change/ 302 302 302 200 200
GET                       /admin/events/speaker/                     302 302 403 403 200
GET                       /admin/portal/preparation/                 302 302 200 200 200
GET POST                  /admin/portal/preparation/{preparation_id}/change/ 302 302 302 200 200
GET                       /admin/procurement/call/                   302 302 200 200 200
GET POST                  /admin/procurement/call/{call_id}/change/  302 302 302 200 200
GET                       /admin/procurement/figure/                 302 302 403 403 200
GET                       /admin/accounts/user/                      302 302 403 403 200
GET                       /admin/accounts/user/add/                  302 302 403 403 200
GET                       /admin/accounts/user/{user_id}/change/     302 302 403 403 200
GET                       /admin/accounts/organisation/              302 302 403 403 200
GET                       /admin/accounts/programme/                 302 302 403 403 200
GET                       /admin/accounts/programme/{programme_id}/change/ 302 302 403 403 200
GET                       /admin/accounts/theme/                     302 302 403 403 200
GET                       /admin/mailing/message/                    302 302 403 403 200
GET                       /admin/r/{registration_type}/{id}/         302 302 404 404 404
GET                       /admin/r/{session_type}/{draft_id}/        302 302 404 404 404
GET                       /admin/guessed/                            302 302 404 404 404

GET HEAD POST             /guessed/                                  404 404 404 404 404
GET                       /nl/                                       404 404 404 404 404
GET                       /fr/                                       200 200 200 200 200
GET                       /en/sessions/{slug}/                       200 200 200 200 200
GET                       /fr/sessions/{draft}/                      404 404 404 404 404
GET                       /en/registrations/{mine}/                  200 200 200 200 200
GET                       /en/registrations/{forged}/                404 404 404 404 404
"""
ROLES = ["visitor", "nobody", "other", "own", "admin", "lead", "helper", "viewer"]
# A lead gets what another organiser of the programme gets, except where a sixth number stands. A
# helper and a viewer of the programme get what somebody gets who works for none, except where two
# more stand: what opens to them is written out, and what is new does not.
NOBODY, OTHER, OWN, HELPER = (ROLES.index(role) for role in ("nobody", "other", "own", "helper"))
# The other people get in every row what somebody in the table gets.
LIKE = {
    "organiser who may no longer sign in": "visitor",
    "organiser whose membership ended in the same sign-in": "nobody",
    "lead whose membership ended in the same sign-in": "nobody",
    "staff without a membership": "nobody",
    "helper whose membership ended in the same sign-in": "nobody",
    "lead of another programme": "other",
}
# These get what their like of the programme gets where no row of the programme is named.
FOREIGN = {"helper of another programme": "helper", "viewer of another programme": "viewer"}


def expected_of(statuses: str) -> list[int]:
    """What a row says for each of the roles."""
    numbers = [int(status) for status in statuses.split()]
    if len(numbers) < HELPER:
        numbers.append(numbers[OWN])
    return numbers if len(numbers) == len(ROLES) else [*numbers, numbers[NOBODY], numbers[NOBODY]]


def expected_by(who: str, expected: list[int]) -> int | None:
    """What a row says for somebody; None where it does not say it."""
    if who in ROLES:
        return expected[ROLES.index(who)]
    if len(set(expected)) == 1:
        return None  # what everybody gets is tried as those of the table
    if who in FOREIGN:
        status = expected[ROLES.index(FOREIGN[who])]
        is_about_a_row = expected[OTHER] != expected[OWN] and status != expected[NOBODY]
        return expected[OTHER] if is_about_a_row else status
    if who == "lead of another programme" and expected[OWN] != expected[ROLES.index("lead")]:
        return None  # what leads have of their own is tried where it is built
    return expected[ROLES.index(LIKE[who])]


ROWS = [
    (methods.split(), address, expected_of(statuses))
    for methods, address, statuses in re.findall(r"^([A-Z ]+?) +(/\S*) +([\d ]+)$", TABLE, re.M)
]


@pytest.fixture
def facts(db: None, settings: Settings, time_machine: TimeMachineFixture) -> dict[str, object]:
    """What the table's addresses name."""
    settings.EMAIL_BACKEND = "mailing.mailbox.MailboxBackend"
    time_machine.move_to(build.NOW)
    session = build.make_session(capacity=1)
    draft = build.make_session(programme=session.programme, status=Session.Status.DRAFT)
    item = build.make_agenda_item(session)
    page = session.speaker_pages.create(speaker=build.make_speaker(item))
    question = build.make_question(session)
    registration = build.make_registration(session)
    waiting = build.make_registration(session)
    deadline = build.make_deadline(call=build.make_call(slug="oproep", programme=session.programme))
    call = deadline.call
    trajectory, submitted = make_trajectory(), make_submitted(deadline)
    document = trajectory.attachments.create(
        name="plan.pdf", content_type="application/pdf", size_bytes=9, added_at=build.NOW
    )
    draft_call = build.make_call(programme=session.programme, status=Call.Status.DRAFT)
    consent = session.programme.consent_texts.create(code="uitnodigen", text="Nodig mij uit.")
    body, other_body = build.make_organisation(), build.make_organisation()
    gone = build.make_organisation(name="Dienst die opgaat")
    match = NameMatch.objects.create(key="iets", name="Iets", matched_at=build.NOW)
    erased = build.make_registration(session)
    code_of_erased = erased.managing_code
    erase_registration(erased, now=build.NOW, by=SYSTEM)
    tell_way(registration.email, now=build.NOW)
    call_command("worker", "--once")
    follow = make_follow(confirmed_at=None)
    code = registration.managing_code
    invitation = session.programme.invitations.create(
        email="genodigd@example.org", email_key="genodigd@example.org", role=Role.HELPER,
        language="nl", invited_at=build.NOW, sent_at=build.NOW - build.days(1),
        expires_at=build.NOW + build.days(14),
    )  # fmt: skip
    waiting.answers.create(question=question, text="De eerste")
    history.keep_first(session, now=build.NOW)
    circular = Circular(session=session, subject_nl="Dag", text_nl="Dag {naam}")
    circulars.save(circular, by=SYSTEM, now=build.NOW)
    letter = circulars.letter_of(circular, registration)
    shown = preview(session, letter, {"circular": circular.pk, "reader": None, "language": "nl"})
    return {
        "programme": session.programme,
        "note": circular.pk,
        "what": shown.url.partition("what=")[2],
        "slug": session.slug,
        "draft": draft.slug,
        "call": call.slug,
        "draft_call": draft_call.slug,
        "deadline": deadline.pk,
        "amount": call.amounts.create(kind="budget", value=5).pk,
        "theirs": trajectory.public_id,
        "submitted": submitted.public_id,
        "member": trajectory.members.get().pk,
        "document": document.public_id,
        "follower": follow.follower.get_absolute_url().split("/")[2],
        "confirm": follow.confirming_code,
        "stop": follow.follower.get_stop_url().split("/")[2],
        "speaker": page.code,
        "speaker_id": page.speaker_id,
        "slides": page.materials.create(
            session=session, title="Dia's", url="https://example.org", added_at=build.NOW
        ).public_id,
        "mine": code,
        "join": registration.joining_code,
        "ticket": registration.ticket_code,
        "waiting": waiting.managing_code,
        "bare": registration.public_id,
        "number": registration.pk,
        "truncated": code[:-1],
        "longer": code + "A",
        "forged": f"{registration.public_id}.{waiting.managing_code.partition('.')[2]}",
        "nul": "%00" + code,
        "erased": code_of_erased,
        "way": code_of(Message.objects.get(kind=KIND)),
        "personal": calendar_of(build.make_user()).code,
        "mail": sorted(path.stem for path in Path(settings.MAILBOX_DIR).glob("*.eml"))[0],
        "session_id": session.pk,
        "draft_id": draft.pk,
        "id": registration.pk,
        "item_id": item.pk,
        "q": question.pk,
        "foreign": build.make_agenda_item(build.make_session()).pk,
        "call_id": call.pk,
        "consent_id": consent.pk,
        "preparation_id": Preparation.objects.create(session=session, call=call).pk,
        "user_id": build.make_user().pk,
        # Somebody else's: one's own views only are there to delete.
        "view": SavedView.objects.create(
            user=build.make_user(), programme=session.programme, name="Wachtlijst"
        ).pk,
        "programme_id": session.programme.pk,
        "body": body.slug,
        "other_body": other_body.slug,
        "relation": body.relations.create(kind="member", other=other_body).pk,
        "merge": merging.merge(gone, other_body, by=SYSTEM, now=build.NOW).pk,
        "match": match.pk,
        "programme_slug": session.programme.slug,
        "coloured_slug": build.make_programme(colour="#8a1538").slug,
        "invited": invitation.pk,
        "invitation": invitation.code,
        "membership": build.make_organiser(session.programme).memberships.get().pk,
        "suppressed": SuppressedAddress.objects.create(
            address="gone@example.org", outcome="bounced", suppressed_at=build.NOW
        ).pk,
        "session_type": content_type(Session),
        "registration_type": content_type(Registration),
    }


def content_type(model: type) -> int:
    content_types = apps.get_model("contenttypes", "ContentType")
    return content_types.objects.get_for_model(model).pk


def clients(programme: object) -> list[Client]:
    """The table's people, in its order."""
    people: list[User | None] = [
        None,
        build.make_user(),
        build.make_organiser(build.make_programme()),
        build.make_organiser(programme),
        build.make_administrator(),
        build.make_lead(programme),
        build.make_member(programme, Role.HELPER),
        build.make_member(programme, Role.VIEWER),
    ]
    made = []
    for person in people:
        client = Client()
        if person is not None:
            client.force_login(person)
        made.append(client)
    return made


def test_viewer_reads_nothing_about_anybody_who_comes(facts: dict[str, object]) -> None:
    viewer = clients(facts["programme"])[ROLES.index("viewer")]
    people = Registration.objects.exclude(email="")
    words = [word for row in people for word in (row.email, row.name, row.public_id)]
    opened = [
        address.format(**facts)
        for methods, address, expected in ROWS
        if "GET" in methods and expected[ROLES.index("viewer")] == 200 and "/organise/" in address
    ]

    found = {address: found_in(viewer.get(address), words) for address in opened}

    assert len(found) > 4
    assert {address: words for address, words in found.items() if words} == {}


def test_table_has_every_route(facts: dict[str, object]) -> None:
    tried = {
        resolve(address.format(**facts).partition("?")[0]).func
        for _methods, address, _expected in ROWS
        if not re.match("/(fr|en|nl|guessed)", address)
    }

    assert {route.name for _path, route in own_routes() if route.callback not in tried} == set()


def test_table_has_every_list_of_the_administration() -> None:
    lists = {
        f"/admin/{model._meta.label_lower.replace('.', '/')}/" for model in admin.site._registry
    }

    assert lists - {address for _methods, address, _expected in ROWS} == set()


def someone_else(who: str, programme: object) -> Client:
    """The browser of one of those who are like somebody in the table."""
    client = Client()
    if who == "staff without a membership":
        client.force_login(build.make_user(is_staff=True))
        return client
    role = Role(who.partition(" ")[0])
    if "another programme" in who:
        is_staff = role in Role.ORGANISER.or_more  # as the builders of both make them
        client.force_login(build.make_member(build.make_programme(), role, is_staff=is_staff))
        return client
    person = build.make_member(programme, role, is_staff=True)
    client.force_login(person)
    assert client.get("/organise/").status_code == 200
    if "membership" in who:
        person.memberships.all().delete()
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    return client


@pytest.mark.once
@pytest.mark.parametrize("who", [*ROLES, *LIKE, *FOREIGN])
def test_every_address_answers_everybody_as_the_table_says(
    who: str, facts: dict[str, object]
) -> None:
    if who in ROLES:
        client = clients(facts["programme"])[ROLES.index(who)]
    else:
        client = someone_else(who, facts["programme"])
    cookies = client.cookies.copy()

    # Who may do it is decided before the method is: that all others refuse, some of them find out.
    tried = EVERY_METHOD.split() if who in {"visitor", "own", "admin"} else ["GET", "POST"]
    wrong = []
    for methods, address, expected in ROWS:
        status = expected_by(who, expected)
        for method in [method for method in methods if method in tried] if status else ():
            # Each request finds the facts and the browser as they were.
            client.cookies = cookies.copy()
            with transaction.atomic():
                answer = client.generic(method, address.format(**facts))
                transaction.set_rollback(True)
            if answer.status_code != status:
                wrong.append((method, address, answer.status_code, status))

    assert wrong == []


# What answers with a page of its own.
SHOWN = {200, 409, 422}


@pytest.mark.interop
@pytest.mark.once
def test_every_page_and_mail_is_valid_html(facts: dict[str, object]) -> None:
    people = dict(zip(ROLES, clients(facts["programme"]), strict=True))
    pages = {}
    for methods, address, expected in ROWS:
        # Each page as the least of those sees it to whom it opens; public ones in every language.
        opens = [who for who in ("visitor", "own", "admin") if expected_by(who, expected) in SHOWN]
        # Mails are read below; Django's admin is Django's.
        if not opens or "/html/" in address or address.startswith(("/admin/", "/fr/", "/en/")):
            continue
        who = opens[0]
        is_public = who == "visitor" and not address.startswith(("/mail", "/style/"))
        for prefix in ["", "/fr", "/en"] if is_public else [""]:
            for method in {"GET", "POST"}.intersection(methods):
                with transaction.atomic():
                    answer = people[who].generic(method, prefix + address.format(**facts))
                    transaction.set_rollback(True)
                if answer.headers["Content-Type"].startswith("text/html"):
                    pages[f"{method} {prefix}{address}"] = answer.content
    for name in examples.names():
        for language in ("nl", "fr", "en"):
            html = render(examples.letter(name, language, build.NOW))[1]
            pages[f"mail {name} in {language}"] = html.encode()

    said = complaints(pages)

    assert len(pages) > 400
    # Outlook knows no CSS for these.
    wanted = re.compile("mail .+ warning: The .+ attribute .+ is obsolete")
    assert [each for each in said if not wanted.match(each)] == []


def test_method_that_the_table_does_not_name_is_refused(facts: dict[str, object]) -> None:
    people = dict(zip(ROLES, clients(facts["programme"]), strict=True))
    named: dict[str, set[str]] = {}
    for methods, address, _expected in ROWS:
        named.setdefault(address.partition("?")[0], set()).update(methods)
    own = {
        address: set(EVERY_METHOD.split()) - methods
        for address, methods in named.items()
        if not address.startswith(("/admin/", "/accounts/"))
    }

    done = []
    for address, methods in own.items():
        for method in sorted(methods - {"HEAD", "GET"}):
            for role in ("visitor", "admin"):
                with transaction.atomic():
                    answer = people[role].generic(method, address.format(**facts))
                    transaction.set_rollback(True)
                if answer.status_code not in {302, 404, 405}:
                    done.append((method, address, role, answer.status_code))

    assert done == []


def test_code_reaches_its_own_registration_and_no_other(facts: dict[str, object]) -> None:
    mine = Registration.objects.get(pk=facts["id"])
    others = Registration.objects.exclude(pk=mine.pk).order_by("pk")
    before = list(others.values())
    codes = {
        "manage": mine.managing_code,
        "join": mine.joining_code,
        "ticket": mine.ticket_code,
    }
    theirs = [
        word
        for row in others
        for word in (
            row.email,
            row.public_id,
            row.managing_code,
            row.joining_code,
            row.ticket_code,
        )
        if word
    ]
    client = Client()

    seen = set()
    for path_, route in own_routes():
        if "<str:code>" not in path_:
            continue
        for code in codes.values():
            address = "/" + re.sub("<slug:[a-z]+>", "guessed", path_).replace("<str:code>", code)
            for method in EVERY_METHOD.split():
                with transaction.atomic():
                    answer = client.generic(method, address)
                    # Whoever waits may move up when somebody cancels; nothing else may change.
                    after = list(others.values())
                    transaction.set_rollback(True)
                seen.add(route.name)
                assert found_in(answer, theirs) == []
                same = {"state", "confirmed_at"} if route.name in {"cancel", "erase"} else set()
                assert [without(row, same) for row in after] == [
                    without(row, same) for row in before
                ]
    assert {"manage", "cancel", "join", "ticket", "registration-calendar"} <= seen


def without(row: dict[str, object], names: set[str]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in names}


def without_addresses(html: str, *addresses: str) -> str:
    """A page without what names the address it was asked for."""
    for address in addresses:
        html = html.replace(address, "…")
    return html


@pytest.mark.parametrize(
    ("real", "guessed"),
    [
        ("/sessions/{draft}/", "/sessions/guessed/"),
        ("/sessions/{draft}/calendar.ics", "/sessions/guessed/calendar.ics"),
        ("/deadlines/{draft_call}/", "/deadlines/guessed/"),
        ("/deadlines/{draft_call}/calendar.ics", "/deadlines/guessed/calendar.ics"),
        ("/follow/{stop}/", "/follow/guessed/"),
        ("/registrations/{truncated}/", "/registrations/guessed/"),
        ("/registrations/{forged}/cancel/", "/registrations/guessed/cancel/"),
        ("/registrations/{mine}/join/", "/registrations/guessed/join/"),
        ("/registrations/{join}/", "/registrations/guessed/"),
    ],
)
def test_hidden_page_is_the_page_of_an_address_that_does_not_exist(
    real: str, guessed: str, facts: dict[str, object], client: Client
) -> None:
    real = real.format(**facts)

    answers = [client.get(real), client.get(guessed)]

    pages = [
        (
            answer.status_code,
            dict(answer.headers) | {"Content-Length": "", "X-Request-ID": ""},
            without_addresses(answer.content.decode(), address),
        )
        for answer, address in zip(answers, (real, guessed), strict=True)
    ]
    assert pages[0] == pages[1]


def test_row_of_another_programme_looks_like_a_row_that_does_not_exist(
    facts: dict[str, object],
) -> None:
    other = clients(facts["programme"])[2]
    foreign, guessed = (
        f"/admin/events/session/{number}/change/" for number in (facts["session_id"], 999_999)
    )

    answers = [other.get(foreign, follow=True), other.get(guessed, follow=True)]

    assert answers[0].redirect_chain == answers[1].redirect_chain == [("/admin/", 302)]
    pages = [
        re.sub(r"csrf\w+\" value=\"\w+", "", answer.content.decode()).replace(str(number), "…")
        for answer, number in zip(answers, (facts["session_id"], 999_999), strict=True)
    ]
    assert len(pages[0]) == len(pages[1])


# Secrets -----------------------------------------------------------------------------------------


@dataclass
class Secrets:
    """Sessions with everything that must not be seen, and the words to look for."""

    session: Session
    draft: Session
    confirmed: Registration
    words: list[str]


@pytest.fixture
def secrets(db: None) -> Secrets:
    session = build.make_session(link=build.LINK, capacity=2, slug="openbare-sessie")
    session.virtual_link.instructions = "Toegangscode 778899"
    session.virtual_link.save()
    item = build.make_agenda_item(session)
    build.make_speaker(item)
    draft = build.make_session(
        programme=session.programme,
        status=Session.Status.DRAFT,
        slug="verborgen-sessie",
        title="Nog geheim onderwerp",
        link="https://meet.example.org/draft-room",
    )
    build.make_registration(
        session, email="Zeger.Zonderling@geheim.example", name="Zeger Zonderling"
    )
    build.make_registration(session, email="quinten@geheim.example", name="Quinten Quispel")
    build.make_registration(session, email="wanda@geheim.example", name="Wanda Wachter")
    cancelled = build.make_registration(
        session, email="xavier@geheim.example", name="Xavier Xantippe", job_title="Geheimhouder"
    )
    registering.cancel(cancelled, now=build.NOW, by=Registration.CancelledBy.OWNER)
    deadline = build.make_deadline()
    Preparation.objects.create(session=session, call=deadline.call)
    Preparation.objects.create(session=draft, call=deadline.call)
    rows = list(Registration.objects.all())
    words = [build.LINK, "secret-room", "778899", "draft-room", draft.title, draft.slug]
    words += ["geheim.example", "Geheimhouder"]
    for row in rows:
        words += [*row.name.split(), row.public_id, row.managing_code, row.joining_code]
    return Secrets(session, draft, rows[0], words)


def public_addresses(secrets: Secrets) -> list[str]:
    call = Call.objects.get().slug
    return [
        "/",
        "/sessions/",
        "/sessions/?period=past",
        "/sessions/?q=Zonderling",
        "/sessions/?q=Wachter&period=past",
        "/sessions/?q=onderwerp",
        "/sessions/?page=2",
        "/sessions/calendar.ics",
        "/sessions/calendar.ics?period=past",
        "/sessions/calendar.ics?q=secret",
        f"/sessions/{secrets.session.slug}/",
        f"/sessions/{secrets.session.slug}/calendar.ics",
        f"/sessions/{secrets.session.slug}/register/",
        f"/sessions/{secrets.session.slug}/registered/",
        "/deadlines/",
        f"/deadlines/{call}/",
        "/deadlines/calendar.ics",
        "/calendar/?items=1",
        "/calendar.ics",
        "/calendar.ics?items=1",
        "/deadlines/feed.atom",
        "/deadlines/deadlines.json",
        f"/follow/?subject=call:{call}",
        "/follow/guessed/",
        "/organisations/suggestions/?q=Zo&domain=geheim.example",
        "/guessed/",
        "/registrations/guessed/",
        "/registrations/guessed/join/",
        "/admin/login/",
    ]


def found_in(answer: object, words: list[str]) -> list[str]:
    """Which of the words stand in an answer, its headers included, however they are written."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    text = headers + "\n" + answer.content.decode()
    text += text.replace("\r\n ", "")  # a calendar's folded lines
    return [word for word in words if word.lower() in text.lower()]


@pytest.mark.parametrize("language", ["", "/fr", "/en"])
@pytest.mark.parametrize("hours_before_start", [24 * 20, 5, -1, -24])
def test_public_pages_hold_no_link_no_registrant_and_no_draft(
    language: str,
    hours_before_start: int,
    secrets: Secrets,
    client: Client,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(secrets.session.starts_at - timedelta(hours=hours_before_start))

    found = {}
    for address in public_addresses(secrets):
        asked = {"zonderling", "wachter", "onderwerp", "secret", "geheim.example"}
        words = [word for word in secrets.words if word.lower() not in asked | {"secret-room"}]
        if leaks := found_in(client.get(language + address), words):
            found[address] = leaks

    assert found == {}


def test_pages_for_one_registrant_hold_nobody_else(
    secrets: Secrets, client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(secrets.session.starts_at - timedelta(hours=5))
    mine = secrets.confirmed
    others = [
        word
        for row in Registration.objects.exclude(pk=mine.pk)
        for word in [*row.name.split(), row.email, row.public_id]
    ]

    answers = [
        client.get(f"/registrations/{mine.managing_code}/"),
        client.get(f"/registrations/{mine.managing_code}/cancel/"),
        client.get(f"/registrations/{mine.managing_code}/calendar.ics"),
        client.get(f"/registrations/{mine.joining_code}/join/"),
    ]

    assert [found_in(answer, [*others, secrets.draft.title]) for answer in answers] == [[]] * 4


def test_code_to_join_leads_to_no_name_and_no_way_to_manage(
    secrets: Secrets, client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(secrets.session.starts_at - timedelta(hours=5))
    mine = secrets.confirmed

    answer = client.get(mine.get_join_url())

    assert found_in(answer, [build.LINK]) == [build.LINK]
    assert found_in(answer, [*mine.name.split(), mine.email, mine.managing_code]) == []


def test_virtual_link_is_in_no_calendar_not_even_the_registrants(
    secrets: Secrets, client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(secrets.session.starts_at - timedelta(hours=5))

    answer = client.get(f"/registrations/{secrets.confirmed.managing_code}/calendar.ics")

    assert found_in(answer, ["secret-room", "778899", secrets.confirmed.managing_code]) == []


@pytest.mark.parametrize("address", ["/", "/sessions/openbare-sessie/", "/fr/sessions/"])
@pytest.mark.parametrize(("fault", "status"), [(ProgrammingError, 500), (OperationalError, 503)])
def test_page_of_a_fault_tells_nothing_of_it(
    fault: type[DatabaseError],
    status: int,
    address: str,
    secrets: Secrets,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(build.NOW)
    client = CheckedClient(raise_request_exception=False)

    def fail(*_call: object) -> None:
        raise fault("no such column: secret-room of zeger.zonderling@geheim.example")

    with connection.execute_wrapper(fail):
        answer = client.get(address)

    assert answer.status_code == status
    assert found_in(answer, [*secrets.words, "column", "Traceback", fault.__name__]) == []


def test_only_these_modules_speak_to_other_machines() -> None:
    """No address that somebody typed, of a logo or a feed, is ever fetched by the server."""
    speaks = re.compile(
        r"^\s*(?:from|import) (?:requests|httpx|aiohttp|socket|ssl|smtplib|ftplib|http\.client"
        r"|urllib\.request|urllib3|boto3|botocore)\b|\burlopen\b",
        re.MULTILINE,
    )
    found = {
        str(path.relative_to(ROOT))
        for app in (*OUR_APPS, "config", "ical", "moments")
        for path in (ROOT / app).rglob("*.py")
        if speaks.search(path.read_text())
    }

    assert found == {
        "config/local.py",  # asks whether its own port is free
        "config/storages.py",  # the object store of the settings
        "mailing/outbox.py",  # what a mail server answers
        "mailing/smtp.py",  # the mail servers of the settings
        "portal/proving.py",  # SITE_URL
    }


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/sessions/",
        "/sessions/openbare-sessie/",
        "/deadlines/",
        "/calendar/",
        "/guessed/",
        "/admin/login/",
    ],
)
def test_page_is_kept_to_this_site(address: str, secrets: Secrets, client: Client) -> None:
    headers = client.get(address).headers

    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in headers["Content-Security-Policy"]


def test_visitor_is_given_no_cookie(secrets: Secrets, client: Client) -> None:
    for address in public_addresses(secrets)[:-1]:
        client.get(address)

    assert dict(client.cookies) == {}


def test_forged_host_is_refused(client: Client, db: None) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


# Logs --------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the console would show, through the handler the settings configure."""
    [handler] = [h for h in logging.getLogger("django").handlers if h.name == "console"]
    written = io.StringIO()
    console = handler.setStream(written)
    yield written
    handler.setStream(console)


@pytest.mark.parametrize("prefix", ["", "/fr", "/en"])
@pytest.mark.parametrize("end", ["", "/", "/cancel/", "/join/", "/calendar.ics", "/guessed/"])
def test_log_of_a_missing_personal_page_holds_no_code(
    prefix: str, end: str, db: None, client: Client, log: io.StringIO
) -> None:
    registration = build.make_registration(build.make_session())
    code = registration.managing_code[:-1]

    client.get(f"{prefix}/registrations/{code}{end}", follow=True)

    assert "404" in log.getvalue() or "Not Found" in log.getvalue()
    assert registration.public_id not in log.getvalue()


def test_log_about_a_follower_holds_no_code(db: None, client: Client, log: io.StringIO) -> None:
    follow = make_follow()

    client.get(f"/follow/{follow.confirming_code}/stop/")
    client.delete(follow.follower.get_absolute_url())

    assert "Not Found" in log.getvalue()
    assert "Method Not Allowed" in log.getvalue()
    assert follow.public_id not in log.getvalue()
    assert follow.follower.public_id not in log.getvalue()


def test_log_of_a_refused_method_holds_no_code(db: None, client: Client, log: io.StringIO) -> None:
    registration = build.make_registration(build.make_session())

    client.delete(f"/registrations/{registration.managing_code}/")

    assert "Method Not Allowed" in log.getvalue()
    assert registration.public_id not in log.getvalue()


def test_log_of_a_fault_on_a_personal_page_holds_neither_code_nor_address(
    db: None, log: io.StringIO
) -> None:
    registration = build.make_registration(build.make_session(), email="zeger@geheim.example")

    def fail(*_call: object) -> None:
        raise OperationalError(f"zeger@geheim.example at /registrations/{code}/")

    code = registration.managing_code
    with connection.execute_wrapper(fail):
        Client(raise_request_exception=False).get(f"/registrations/{code}/")

    assert "Traceback" in log.getvalue()
    assert registration.public_id not in log.getvalue()
    assert "geheim.example" not in log.getvalue()


class RefusingBackend(BaseEmailBackend):
    """A mail server that knows nobody, and says whom."""

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        to = email_messages[0].to[0]
        raise smtplib.SMTPRecipientsRefused({to: (550, f"no such user <{to}>".encode())})


class SilentBackend(BaseEmailBackend):
    """A mail server that hangs up, with the mail in its complaint."""

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        raise smtplib.SMTPServerDisconnected(email_messages[0].message().as_string())


def break_down(message: Message, now: object) -> Letter:
    """A letter that cannot be written, with everything about its reader in the complaint."""
    registration = Registration.objects.get(pk=message.object_id)
    raise ValueError(f"{message.recipient}: {registration.get_absolute_url()}")


@pytest.mark.parametrize(
    "fault",
    [
        {"EMAIL_BACKEND": f"{__name__}.RefusingBackend"},
        {"EMAIL_BACKEND": f"{__name__}.SilentBackend"},
        {"OUTBOX_COMPOSERS": {"events": f"{__name__}.break_down"}},
    ],
    ids=["refused", "disconnected", "not composed"],
)
def test_log_of_a_failing_mail_holds_neither_code_nor_address(
    fault: dict[str, object], db: None, settings: Settings, log: io.StringIO
) -> None:
    registration = build.make_registration(build.make_session(), email="zeger@geheim.example")
    for name, value in fault.items():
        setattr(settings, name, value)

    outbox.deliver(outbox.claim(build.NOW), clock=lambda: build.NOW, is_stopping=lambda: False)

    assert f"registration:{registration.pk}:registered" in log.getvalue()
    assert registration.public_id not in log.getvalue()
    assert "geheim.example" not in log.getvalue()


# Migrations and words ----------------------------------------------------------------------------


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_every_model_is_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")

    models = [model.__name__ for app in OUR_APPS for model in apps.get_app_config(app).get_models()]
    assert [name for name in models if not re.search(rf"\b{name}\b", glossary)] == []


# Settings ----------------------------------------------------------------------------------------

PRODUCTION = {
    "SECRET_KEY": "a long enough secret for these tests, with no meaning",
    "SITE_URL": "https://sessies.example.be",
    "DATABASE_URL": "postgres://user:password@localhost:5432/name",
    "EMAIL_URL": "smtp+tls://user:password@localhost:587",
    "DEFAULT_FROM_EMAIL": "sessies@example.be",
    "CONTROLLER_NAME": "Departement Voorbeeld",
    "DATA_PROTECTION_CONTACT": "dpo@example.be",
    "SECURITY_CONTACT": "https://example.be/security",
}


def python(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program in an environment that holds these settings and no others."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_settings_are_accepted() -> None:
    ran = python("import config.settings", PRODUCTION)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_production_passes_the_checks_for_deploying() -> None:
    program = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('check', deploy=True, fail_level='WARNING')\n"
        "from portal.keeping import PERSONAL_COOKIES\n"
        "print(*PERSONAL_COOKIES)\n"
    )
    random = {"SECRET_KEY": "".join(map(chr, range(33, 127)))}

    ran = python(program, PRODUCTION | random | {"DJANGO_SETTINGS_MODULE": "config.settings"})

    names = "__Host-sessionid __Host-csrftoken __Host-messages"
    said = f"System check identified no issues (1 silenced).\n{names}\n"
    assert (ran.stdout, ran.stderr) == (said, "")


@pytest.mark.parametrize("name", sorted(PRODUCTION))
@pytest.mark.parametrize("value", [None, "", "  "], ids=["missing", "empty", "blank"])
def test_setting_that_is_not_there_stops_with_a_sentence_that_names_it(
    name: str, value: str | None
) -> None:
    environment = {key: text for key, text in PRODUCTION.items() if key != name}
    if value is not None:
        environment[name] = value

    assert_stops_naming(name, python("import config.settings", environment))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "sessies.example.be"),
        ("SITE_URL", "ftp://sessies.example.be"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://[sessies"),
        ("SITE_URL", "https://sessies.example.be:port"),
        ("SITE_URL", "https://sessies example.be"),
        ("SITE_URL", "https://example.be/sessies"),
        ("DATABASE_URL", "mysql://user:password@localhost/name"),
        ("DATABASE_URL", "oracle://user:password@localhost/name"),
        ("DATABASE_URL", "name"),
        ("EMAIL_URL", "localhost"),
        ("EMAIL_URL", "pigeon://localhost"),
        ("EMAIL_URL", "smtp://localhost:port"),
        ("DEFAULT_FROM_EMAIL", "Sessies <sessies@example.be>"),
        ("DEFAULT_FROM_EMAIL", "sessies"),
        ("DEFAULT_FROM_EMAIL", "sessies@example.be, other@example.be"),
        ("DEFAULT_FROM_EMAIL", "sessies@"),
        ("LOCAL_MODE", "perhaps"),
        ("BEHIND_PROXY", "nginx"),
    ],
)
def test_setting_that_makes_no_sense_stops_with_a_sentence_that_names_it(
    name: str, value: str
) -> None:
    assert_stops_naming(name, python("import config.settings", PRODUCTION | {name: value}))


def test_folder_that_cannot_be_made_stops_with_a_sentence_that_names_it(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    ran = python("import config.settings", {"LOCAL_MODE": "1", "VAR_DIR": str(in_the_way / "var")})

    assert_stops_naming("VAR_DIR", ran)


def assert_stops_naming(name: str, ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    assert ran.stderr.startswith(f"The setting {name} ")
    assert "Traceback" not in ran.stderr


def test_secret_of_a_local_machine_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    environment = {"LOCAL_MODE": "1", "VAR_DIR": str(tmp_path)}
    program = "import config.settings as settings; print(settings.SECRET_KEY)"

    first, second = python(program, environment).stdout, python(program, environment).stdout

    assert len(first.strip()) > 40
    assert first == second
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "EMAIL_URL"])
def test_sentence_about_a_setting_does_not_repeat_a_secret(name: str) -> None:
    ran = python("import config.settings", PRODUCTION | {name: "$hush-hush"})

    assert "hush-hush" not in ran.stderr


@pytest.mark.parametrize(
    "sheet", sorted((ROOT / "static" / "css").glob("*.css")), ids=lambda path: path.name
)
def test_every_brace_of_a_style_sheet_is_closed(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)

    depth = 0
    for line in rules.splitlines():
        depth += line.count("{") - line.count("}")
        assert 0 <= depth <= 3, line
    assert depth == 0
