"""Proving from outside that registering and mailing work, as somebody who registers and cancels.

Each check makes a session of its own, a draft with `is_check`, which no list, calendar, count or
colleague shows, and removes it again with all that came of it: no real seat is ever taken.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape

from accounts.codes import new_public_id
from accounts.models import Programme
from events import messages, seating
from events.models import Registration, Session
from mailing import hearing, standing
from mailing.models import Message
from moments.edges import Edge

# What a check that was killed left behind goes with the first one after this.
LEFT_BEHIND = timedelta(hours=1)
ANSWER_SECONDS = 15
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')

Tell = Callable[[str], object]


class Failed(Exception):
    """A step did not go as it should; the text is a sentence for the operator."""


def check(address: str, *, patience: timedelta, tell: Tell) -> None:
    """Register an address at `SITE_URL`, wait for the mail, cancel, wait for that mail.

    `patience` is how long each mail may take; each step that went well is told in a sentence.
    Raises `Failed`.
    """
    if hearing.is_suppressed(address):
        raise Failed("The address gets no mail any more, since mail to it bounced: clear it.")
    _clear_up(before=timezone.now() - LEFT_BEHIND)
    with translation.override(settings.LANGUAGE_CODE), _session() as session:
        registration = _register(session, address, tell)
        _wait_for_mail(registration, messages.REGISTERED, patience, tell)
        _cancel(registration, tell)
        _wait_for_mail(registration, messages.CANCELLED, patience, tell)
    tell("What the check had made is removed.")


@contextmanager
def _session() -> Iterator[Session]:
    """A session for this check alone, with one seat."""
    now = timezone.now()
    programme = Programme.objects.order_by("pk").first()
    if programme is None:
        raise Failed("There is no programme yet, so nobody can register for anything.")
    with transaction.atomic():
        session = Session.objects.create(
            programme=programme,
            slug=f"check-{new_public_id()}",
            is_check=True,
            title="Controle van de inschrijvingen",
            starts_at=now + timedelta(days=30),
            ends_at=now + timedelta(days=30, hours=1),
            registration_edge=Edge.AT_TIME,
            registration_closes_at=now + timedelta(days=29),
        )
        seating.set_capacity(session, 1, now=now)
    try:
        yield session
    finally:
        _remove(session)


def _clear_up(*, before: datetime) -> None:
    for session in Session.objects.filter(is_check=True, created_at__lt=before):
        _remove(session)


@transaction.atomic
def _remove(session: Session) -> None:
    """A mail that a worker has in hand at this moment finds nothing to say, and is dropped."""
    messages.about(session.registrations.values("pk")).delete()
    session.registrations.all().delete()
    session.delete()


# The steps ---------------------------------------------------------------------------------------


def _register(session: Session, address: str, tell: Tell) -> Registration:
    page = _page(session.get_absolute_url(), "The page of a session")
    token = _FORM_TOKEN.search(page)
    if token is None:
        raise Failed("The page of a session opened without its form.")
    tell("The page of a session opened, with its form.")
    form = {
        "name": "Controle",
        "email": address,
        "organisation_name": "Controle",
        "language": settings.LANGUAGE_CODE,
        "form_token": token[1],
    }
    sent_to = reverse("portal:register", kwargs={"slug": session.slug})
    next_page = reverse("portal:registered", kwargs={"slug": session.slug})
    cookie = _send(sent_to, form, next_page, "The form to register")
    if escape(address) not in _page(next_page, "The page after registering", cookie=cookie):
        raise Failed("The page after registering does not say who registered.")
    registration = session.registrations.confirmed().first()
    if registration is None:
        raise Failed("The page after registering opened, but nobody is registered.")
    tell("The registration was taken and confirmed.")
    return registration


def _cancel(registration: Registration, tell: Tell) -> None:
    own_page = registration.get_absolute_url()
    _page(own_page, "The page of a registration")
    sent_to = reverse("events:cancel", kwargs={"code": registration.managing_code})
    _send(sent_to, {}, own_page, "The form to cancel")
    registration.refresh_from_db()
    if not registration.is_cancelled:
        raise Failed("The form to cancel was taken, but the registration stands.")
    tell("The registration was cancelled.")


def _wait_for_mail(registration: Registration, kind: str, patience: timedelta, tell: Tell) -> None:
    """Wait until a mail server took the mail."""
    what = {messages.REGISTERED: "confirms", messages.CANCELLED: "tells of the cancellation"}[kind]
    started = time.monotonic()
    while True:
        mail = messages.about([registration.pk]).filter(kind=kind).first()
        if mail is None:
            raise Failed(f"The mail that {what} was never put in the outbox.")
        seconds = time.monotonic() - started
        if mail.state == Message.State.SENT:
            tell(f"The mail that {what} was handed over after {seconds:.1f} s.")
            return
        if mail.state != Message.State.WAITING:
            raise Failed(f"The mail that {what} will not leave: its state is {mail.state}.")
        if seconds > patience.total_seconds():
            why = _why_mail_waits(timezone.now())
            raise Failed(f"The mail that {what} still waits after {seconds:.0f} s{why}.")
        time.sleep(0.2)


def _why_mail_waits(now: datetime) -> str:
    mail = standing.look(now)
    if mail.pause is not None:
        return ", since the mail is paused"
    if not mail.is_worker_alive:
        return ", and no worker was heard of lately"
    return ", while no mail server answers" if mail.are_all_resting else ""


# Over HTTP ---------------------------------------------------------------------------------------


def _page(path: str, what: str, *, cookie: str = "") -> str:
    status, _headers, body = _ask("GET", path, what, headers={"Cookie": cookie} if cookie else {})
    if status != 200:
        raise Failed(f"{what} answered with status {status}.")
    return body


def _send(path: str, form: dict[str, str], next_page: str, what: str) -> str:
    """Send a form that leads to another page; the cookie that came with the answer."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers, _body = _ask("POST", path, what, body=urlencode(form), headers=kind)
    if status != 302 or urlsplit(headers.get("location", "")).path != next_page:
        raise Failed(f"{what} was not taken: it answered with status {status}.")
    return headers.get("set-cookie", "").partition(";")[0]


def _ask(
    method: str, path: str, what: str, *, body: str = "", headers: dict[str, str]
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer; never says the address, which may hold a code."""
    site = urlsplit(settings.SITE_URL)
    kind = HTTPSConnection if site.scheme == "https" else HTTPConnection
    line = kind(site.netloc, timeout=ANSWER_SECONDS)
    try:
        line.request(method, f"{site.path}{path}", body.encode(), headers)
        answer = line.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read().decode()
    except (OSError, HTTPException) as error:
        raise Failed(f"{what} gave no answer: {type(error).__name__}.") from error
    finally:
        line.close()
