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

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from pytest_django import Settings
from time_machine import TimeMachineFixture

from accounts.access import Access
from accounts.models import User
from events import registering
from events.models import Registration, Session
from mailing import outbox
from mailing.letters import Letter
from mailing.models import Message
from portal.mine import calendar_of
from portal.models import Preparation
from procurement.models import Call
from tests import build
from tests.page import CheckedClient

ROOT = Path(__file__).resolve().parent.parent
OUR_APPS = ["accounts", "events", "mailing", "portal", "procurement"]


# Routes ------------------------------------------------------------------------------------------


def routes(resolver: URLResolver | None = None, path: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address outside Django's admin, as it is written in the address map."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLPattern):
            if not here.startswith("admin/"):
                yield here, entry
        else:
            yield from routes(entry, here)


def own_routes() -> Iterator[tuple[str, URLPattern]]:
    """The addresses of our own views; django-allauth's keep their own rules, tried in the table."""
    for path, route in routes():
        if not path.startswith("accounts/") or hasattr(route.callback, "access"):
            yield path, route


def test_every_route_declares_who_may_open_it() -> None:
    undeclared = [
        path
        for path, route in own_routes()
        if not isinstance(getattr(route.callback, "access", None), Access)
    ]

    assert undeclared == []


def test_only_addresses_with_a_code_are_for_token_holders() -> None:
    private = {path for path, route in own_routes() if route.callback.access is Access.TOKEN_HOLDER}

    assert private == {path for path, _route in own_routes() if "<str:code>" in path}


def test_mailbox_exists_in_local_mode_only() -> None:
    program = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "try:\n    resolve('/mailbox/')\nexcept Resolver404:\n    print('nothing here')\n"
    )

    ran = python(program, PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"})

    assert (ran.stdout.strip(), ran.stderr) == ("nothing here", "")


# Routes and roles --------------------------------------------------------------------------------

# What each person gets at each address. `slug` is a published session and `draft` a draft, both of
# the programme of `own`; `mine`, `join` and `waiting` are the codes of somebody registered;
# the rest of the codes open nothing. In Django's admin 302 leads to the sign-in page, and for a row
# of another programme or none at all to the admin's first page. For who organises nothing Django's
# admin does not exist: its sign-in, to which 302 leads, answers 404.
EVERY_METHOD = "GET HEAD POST PUT PATCH DELETE OPTIONS"
TABLE = """
METHODS                   ADDRESS                                    visitor nobody other own admin

GET HEAD                  /                                          200 200 200 200 200
POST PUT PATCH DELETE     /                                          405 405 405 405 405
GET HEAD                  /sessions/                                 200 200 200 200 200
POST PUT PATCH DELETE     /sessions/                                 405 405 405 405 405
GET HEAD                  /sessions/calendar.ics                     200 200 200 200 200
POST PUT PATCH DELETE     /sessions/calendar.ics                     405 405 405 405 405
GET HEAD                  /deadlines/                                200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/                                405 405 405 405 405
GET HEAD                  /organisations/suggestions/?q=stad         200 200 200 200 200
POST PUT PATCH DELETE     /organisations/suggestions/                405 405 405 405 405

GET HEAD                  /sessions/{slug}/                          200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/                          405 405 405 405 405
GET HEAD                  /sessions/{slug}/calendar.ics              200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/calendar.ics              405 405 405 405 405
GET HEAD                  /sessions/{slug}/registered/               200 200 200 200 200
POST PUT PATCH DELETE     /sessions/{slug}/registered/               405 405 405 405 405
POST                      /sessions/{slug}/register/                 422 422 422 422 422
GET HEAD PUT DELETE       /sessions/{slug}/register/                 302 302 302 302 302
GET HEAD                  /deadlines/{call}/                         200 200 200 200 200
POST PUT PATCH DELETE     /deadlines/{call}/                         405 405 405 405 405

GET HEAD                  /sessions/{draft}/                         404 404 404 404 404
GET HEAD                  /sessions/{draft}/calendar.ics             404 404 404 404 404
GET HEAD                  /sessions/{draft}/registered/              404 404 404 404 404
GET HEAD POST PUT         /sessions/{draft}/register/                404 404 404 404 404
GET HEAD                  /sessions/guessed/                         404 404 404 404 404
GET HEAD                  /sessions/guessed/calendar.ics             404 404 404 404 404
GET HEAD                  /sessions/guessed/registered/              404 404 404 404 404
GET HEAD POST PUT         /sessions/guessed/register/                404 404 404 404 404
GET HEAD                  /deadlines/guessed/                        404 404 404 404 404

GET HEAD                  /registrations/{mine}/                     200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/                     405 405 405 405 405
GET HEAD                  /registrations/{mine}/cancel/              200 200 200 200 200
PUT PATCH DELETE          /registrations/{mine}/cancel/              405 405 405 405 405
POST                      /registrations/{mine}/cancel/              302 302 302 302 302
GET HEAD                  /registrations/{mine}/calendar.ics         200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{mine}/calendar.ics         405 405 405 405 405
GET HEAD                  /registrations/{waiting}/calendar.ics      404 404 404 404 404
GET HEAD                  /registrations/{join}/join/                200 200 200 200 200
POST PUT PATCH DELETE     /registrations/{join}/join/                405 405 405 405 405

GET HEAD                  /registrations/{join}/                     404 404 404 404 404
GET HEAD POST             /registrations/{join}/cancel/              404 404 404 404 404
GET HEAD                  /registrations/{join}/calendar.ics         404 404 404 404 404
GET HEAD                  /registrations/{mine}/join/                404 404 404 404 404
GET HEAD                  /registrations/{bare}/                     404 404 404 404 404
GET HEAD POST             /registrations/{bare}/cancel/              404 404 404 404 404
GET HEAD                  /registrations/{bare}/join/                404 404 404 404 404
GET HEAD                  /registrations/{number}/                   404 404 404 404 404
GET HEAD POST             /registrations/{number}/cancel/            404 404 404 404 404
GET HEAD                  /registrations/{truncated}/                404 404 404 404 404
GET HEAD POST             /registrations/{truncated}/cancel/         404 404 404 404 404
GET HEAD                  /registrations/{truncated}/calendar.ics    404 404 404 404 404
GET HEAD                  /registrations/{longer}/                   404 404 404 404 404
GET HEAD                  /registrations/{forged}/                   404 404 404 404 404
GET HEAD POST             /registrations/{forged}/cancel/            404 404 404 404 404
GET HEAD                  /registrations/{forged}/calendar.ics       404 404 404 404 404
GET HEAD                  /registrations/{forged}/join/              404 404 404 404 404
GET HEAD                  /registrations/{nul}/                      404 404 404 404 404

GET HEAD                  /registrations/                            200 200 200 200 200
POST                      /registrations/                            422 422 422 422 422
PUT PATCH DELETE          /registrations/                            405 405 405 405 405

GET HEAD                  /me/                                       302 200 200 200 200
POST PUT PATCH DELETE     /me/                                       302 405 405 405 405
GET HEAD                  /me/language/                              302 405 405 405 405
POST                      /me/language/                              302 302 302 302 302
GET HEAD                  /me/calendar/                              302 405 405 405 405
POST                      /me/calendar/                              302 302 302 302 302
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
ROLES = ["visitor", "nobody", "other", "own", "admin"]
ROWS = [
    (methods.split(), address, [int(status) for status in statuses.split()])
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
    registration = build.make_registration(session)
    waiting = build.make_registration(session)
    call = build.make_deadline(
        call=Call.objects.create(slug="oproep", title="Oproep", programme=session.programme)
    ).call
    consent = session.programme.consent_texts.create(code="uitnodigen", text="Nodig mij uit.")
    call_command("worker", "--once")
    code = registration.managing_code
    return {
        "programme": session.programme,
        "slug": session.slug,
        "draft": draft.slug,
        "call": call.slug,
        "mine": code,
        "join": registration.joining_code,
        "waiting": waiting.managing_code,
        "bare": registration.public_id,
        "number": registration.pk,
        "truncated": code[:-1],
        "longer": code + "A",
        "forged": f"{registration.public_id}.{waiting.managing_code.partition('.')[2]}",
        "nul": "%00" + code,
        "personal": calendar_of(build.make_user()).code,
        "mail": sorted(path.stem for path in Path(settings.MAILBOX_DIR).glob("*.eml"))[0],
        "session_id": session.pk,
        "draft_id": draft.pk,
        "id": registration.pk,
        "item_id": item.pk,
        "call_id": call.pk,
        "consent_id": consent.pk,
        "preparation_id": Preparation.objects.create(session=session, call=call).pk,
        "user_id": build.make_user().pk,
        "programme_id": session.programme.pk,
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
    ]
    made = []
    for person in people:
        client = Client()
        if person is not None:
            client.force_login(person)
        made.append(client)
    return made


@pytest.mark.parametrize(
    ("methods", "address", "expected"), ROWS, ids=[f"{row[0][0]} {row[1]}" for row in ROWS]
)
def test_address_answers_each_role_as_the_table_says(
    methods: list[str], address: str, expected: list[int], facts: dict[str, object]
) -> None:
    people = clients(facts["programme"])

    for method in methods:
        answers = [client.generic(method, address.format(**facts)).status_code for client in people]

        assert dict(zip(ROLES, answers, strict=True)) == dict(zip(ROLES, expected, strict=True)), (
            method
        )


def test_table_has_every_route(facts: dict[str, object]) -> None:
    tried = {
        resolve(address.format(**facts).partition("?")[0]).view_name
        for _methods, address, _expected in ROWS
        if not re.match("/(fr|en|nl|guessed)", address)
    }

    named = {
        f"{route.callback.__module__.partition('.')[0]}:{route.name}"
        for _path, route in own_routes()
        if route.name != "no-passwords"
    }
    assert named - tried == set()


def test_table_has_every_list_of_the_administration() -> None:
    lists = {
        f"/admin/{model._meta.label_lower.replace('.', '/')}/" for model in admin.site._registry
    }

    assert lists - {address for _methods, address, _expected in ROWS} == set()


@pytest.mark.parametrize("person", ROLES)
def test_person_who_may_no_longer_sign_in_is_a_visitor(
    person: str, facts: dict[str, object]
) -> None:
    client = clients(facts["programme"])[ROLES.index(person)]
    User.objects.update(is_active=False)

    answer = client.get(f"/admin/events/session/{facts['session_id']}/change/")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


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
            dict(answer.headers) | {"Content-Length": ""},
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
def test_page_of_a_fault_tells_nothing_of_it(
    address: str, secrets: Secrets, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(build.NOW)
    client = CheckedClient(raise_request_exception=False)

    def fail(*_call: object) -> None:
        raise OperationalError("no such column: secret-room of zeger.zonderling@geheim.example")

    with connection.execute_wrapper(fail):
        answer = client.get(address)

    assert answer.status_code == 500
    assert found_in(answer, [*secrets.words, "column", "Traceback", "OperationalError"]) == []


@pytest.mark.parametrize(
    "address",
    ["/", "/sessions/", "/sessions/openbare-sessie/", "/deadlines/", "/guessed/", "/admin/login/"],
)
def test_page_is_kept_to_this_site(address: str, secrets: Secrets, client: Client) -> None:
    headers = client.get(address).headers

    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


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
