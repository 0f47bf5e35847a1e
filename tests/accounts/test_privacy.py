"""What accounts keep for a time only."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as BrowserSession
from django.utils import timezone

from accounts import privacy
from accounts.models import Action, AuditEntry, User
from tests import build

pytestmark = pytest.mark.django_db

YEARS = timedelta(days=2 * 366)


def make_browser(expires_in: timedelta) -> str:
    store = SessionStore()
    store.create()
    expire_date = timezone.now() + expires_in
    BrowserSession.objects.filter(pk=store.session_key).update(expire_date=expire_date)
    return str(store.session_key)


def test_audit_log_and_history_go_after_two_years() -> None:
    # The clock of the database decides as well, so the moments lie around today's.
    now = timezone.now()
    user = build.make_user()
    for age in (YEARS + timedelta(days=1), timedelta(days=729)):
        AuditEntry.objects.create(at=now - age, actor="system", action=Action.DATA_EXPIRED)
        line = LogEntry.objects.create(user=user, action_flag=CHANGE, object_repr=str(age))
        LogEntry.objects.filter(pk=line.pk).update(action_time=now - age)

    privacy.expire(now)

    assert AuditEntry.objects.get().at == now - timedelta(days=729)
    assert LogEntry.objects.get().object_repr == str(timedelta(days=729))


def test_sessions_of_browsers_go_when_they_end_and_the_list_of_them_with_them() -> None:
    user = build.make_user()
    alive, ended = make_browser(timedelta(days=1)), make_browser(-timedelta(days=1))
    created_at = timezone.now() - timedelta(days=2)
    for key in (alive, ended, "k" * 32):
        UserSession.objects.create(user=user, session_key=key, ip="10.0.0.1", created_at=created_at)

    privacy.expire(timezone.now())

    assert [row.pk for row in BrowserSession.objects.all()] == [alive]
    assert [row.session_key for row in UserSession.objects.all()] == [alive]


def test_sign_in_of_this_moment_stays_in_the_list() -> None:
    UserSession.objects.create(user=build.make_user(), session_key="k" * 32, ip="10.0.0.1")

    privacy.expire(timezone.now())

    assert UserSession.objects.count() == 1


def test_expiring_goes_on_until_all_batches_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "BATCH_SIZE", 2)
    for _each in range(5):
        make_browser(-timedelta(days=1))

    assert [privacy.expire(timezone.now()) for _each in range(2)] == [5, 0]


def test_secret_of_a_second_factor_is_not_shown() -> None:
    user: User = build.make_user()
    user.authenticator_set.create(type="totp", data={"secret": "hush-hush"})

    text = str(privacy.account(user))

    assert "hush" not in text
    assert "Tweede factoren" in text
    assert user.password not in text
