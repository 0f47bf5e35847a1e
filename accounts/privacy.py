"""What is held on somebody as a user: reading it, erasing it, and what expires by itself."""

import json
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session as BrowserSession
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import Affiliation, AuditEntry, Invitation, Role, User
from accounts.models.programme import LONGEST_RETENTION_DAYS
from accounts.names import address_key

# What is held, as a person can read it: a title, under it entries, of each what it says by label.
Held = dict[str, list[dict[str, str]]]

BATCH_SIZE = 500
# A browser's session is stored after the list of them names it.
GRACE = timedelta(days=1)
# An invitation that nobody accepted stays for its sender to see, and to send again.
EXPIRED_KEPT = timedelta(days=30)


class CannotErase(Exception):
    """The account cannot go yet; the text is a sentence for its owner."""


def accounts_of(email: str) -> QuerySet[User]:
    """The accounts that somebody signs in to with this address."""
    key = address_key(email)
    proved = EmailAddress.objects.filter(email__iexact=key, verified=True)
    return User.objects.filter(Q(email__iexact=key) | Q(pk__in=proved.values("user_id")))


def addresses() -> Iterator[str]:
    """Every address held here."""
    yield from User.objects.values_list("email", flat=True).iterator()
    yield from EmailAddress.objects.values_list("email", flat=True).iterator()
    yield from Invitation.objects.order_by("pk").values_list("email", flat=True).iterator()


# Reading -----------------------------------------------------------------------------------------


def held(email: str) -> Held:
    """What is held on an address outside an account: to which programmes it was invited."""
    entries = [
        {
            _("E-mail address"): row.email,
            _("Programme"): str(row.programme),
            _("Role"): row.get_role_display(),
            _("Language of our e-mails"): row.get_language_display(),
            _("Asked at"): instant(row.invited_at),
            _("Holds until"): instant(row.expires_at),
        }
        for row in Invitation.objects.to_address(email).select_related("programme")
    ]
    return {_("Invitations to a programme"): entries} if entries else {}


def account(user: User) -> Held:
    """What is held on an account; of a second factor that it is there, never its secret."""
    return {
        title: entries
        for title, entries in {
            _("Your account"): [_account_facts(user)],
            _("Addresses you sign in with"): [
                {_("E-mail address"): row.email, _("Proved"): _("yes") if row.verified else _("no")}
                for row in EmailAddress.objects.filter(user=user).order_by("pk")
            ],
            _("Second factors"): [
                {_("Kind"): str(row.get_type_display()), _("Since"): instant(row.created_at)}
                for row in Authenticator.objects.filter(user=user).order_by("pk")
            ],
            _("Sign-ins at your organisation"): [
                {_("Provider"): row.provider, _("Number there"): row.uid}
                | {_("What it said"): json.dumps(row.extra_data, ensure_ascii=False)}
                for row in SocialAccount.objects.filter(user=user).order_by("pk")
            ],
            _("Organisations you signed in for"): [
                {_("Organisation"): str(row), _("Last seen"): instant(row.seen_at)}
                for row in Affiliation.objects.filter(user=user).order_by("pk")
            ],
            _("Where you are signed in"): [
                {
                    _("Network address"): row.ip,
                    _("Program"): row.user_agent,
                    _("Last seen"): instant(row.last_seen_at),
                }
                for row in UserSession.objects.filter(user=user).order_by("pk")
            ],
            _("Your roles"): [
                {_("Programme"): str(row.programme), _("Role"): row.get_role_display()}
                for row in user.memberships.select_related("programme").order_by("pk")
            ],
        }.items()
        if entries
    }


def _account_facts(user: User) -> dict[str, str]:
    return {
        _("E-mail address"): user.email,
        _("Name"): user.name,
        _("Language"): user.get_language_display(),
        _("Since"): instant(user.joined_at),
        _("Last signed in"): instant(user.last_login) if user.last_login else "",
    }


def instant(moment: datetime) -> str:
    """A moment as a program reads it (ISO 8601, UTC); pages put it in words."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def merge(into: Held, more: Held) -> None:
    """Add what is held elsewhere, below the same titles."""
    for title, entries in more.items():
        into.setdefault(title, []).extend(entries)


# Erasing -----------------------------------------------------------------------------------------


def refuse_unless_erasable(user: User) -> None:
    """Refuse to let an account go that others count on; raises `CannotErase`."""
    if is_last_administrator(user):
        raise CannotErase(
            _(
                "You are the last administrator. Make somebody else administrator first; then you"
                " can erase your account."
            )
        )
    if user.is_organiser and user.memberships.filter(role__in=Role.ORGANISER.or_more).exists():
        raise CannotErase(
            _(
                "You organise for a programme. Hand over first: ask a lead of the programme or an"
                " administrator to take away your role. Then you can erase your account."
            )
        )


def is_last_administrator(user: User) -> bool:
    """Whether nobody else administers the installation."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    return user.is_superuser and not others.exists()


@transaction.atomic
def erase(email: str, *, before: datetime | None = None) -> int:
    """Erase the accounts of an address, and the address where it stands on another account.

    `before` leaves what came after that moment. The last administrator stays. How many accounts.
    """
    key = address_key(email)
    users = accounts_of(email)
    elsewhere = EmailAddress.objects.filter(email__iexact=key, verified=False)
    browsers = BrowserSession.objects.all()
    lines = _lines_naming(email)
    if before is not None:
        users = users.filter(joined_at__lte=before)
        elsewhere = elsewhere.filter(user__joined_at__lte=before)
        lines = lines.filter(action_time__lte=before)
        last_end = before + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        browsers = browsers.filter(expire_date__lte=last_end)
    gone = [user for user in users if not is_last_administrator(user)]
    for user in gone:
        erase_account(user)
    elsewhere.delete()
    _without_words(lines)
    # Such as one in which somebody asked for a code to sign in with.
    _end(browsers, lambda data: key in json.dumps(data, default=str).lower())
    return len(gone)


def erase_invitations(email: str, *, before: datetime | None = None) -> int:
    """Take back what an address was invited to, as far as that came before a moment; how many."""
    found = Invitation.objects.to_address(email)
    if before is not None:
        found = found.filter(invited_at__lte=before)
    number, _per_model = found.delete()
    return number


@transaction.atomic
def erase_account(user: User) -> None:
    """Erase an account with all that belongs to it; what it did stays in the audit log by number.

    In the administration's own history the lines about the account stay, without words.
    """
    own = [user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)]
    forget_in_administration(User, [user.pk])
    for email in own:
        _without_words(_lines_naming(email))
    number = str(user.pk)
    _end(BrowserSession.objects.all(), lambda data: data.get(SESSION_KEY) == number)
    user.delete()


def forget_in_administration(model: type[Model], numbers: Collection[int]) -> None:
    """Take the words out of the administration's own history of rows; who and when stay."""
    _without_words(
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model),
            object_id__in=[str(number) for number in numbers],
        )
    )


def remembered_in_administration(model: type[Model]) -> set[int]:
    """The numbers of the rows of which the administration's own history holds words."""
    lines = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    numbers = lines.exclude(object_repr="").values_list("object_id", flat=True)
    return {int(number) for number in numbers if number}


def _lines_naming(email: str) -> QuerySet[LogEntry]:
    key = address_key(email)
    return LogEntry.objects.filter(Q(object_repr__icontains=key) | Q(change_message__icontains=key))


def _without_words(lines: QuerySet[LogEntry]) -> None:
    lines.update(object_repr="", change_message="")


def _end(browsers: QuerySet[BrowserSession], is_theirs: Callable[[dict[str, Any]], bool]) -> None:
    """End the browsers' sessions that are somebody's; what they hold is told by opening each."""
    theirs = [row.pk for row in browsers.iterator() if is_theirs(row.get_decoded())]
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    for key in theirs:
        # Also where a cache holds a copy, which would be believed.
        store(key).delete()


# Expiring ----------------------------------------------------------------------------------------


def expire(now: datetime) -> int:
    """Delete what is kept for a time only, in batches; how many rows. Harmless when repeated."""
    alive = BrowserSession.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    # A day more than two years: the database counts with a clock of its own.
    two_years_ago = now - timedelta(days=LONGEST_RETENTION_DAYS + 2)
    return sum(
        _delete_in_batches(rows)
        for rows in (
            AuditEntry.objects.filter(at__lt=two_years_ago),
            Invitation.objects.filter(expires_at__lt=now - EXPIRED_KEPT),
            LogEntry.objects.filter(action_time__lt=two_years_ago),
            BrowserSession.objects.filter(expire_date__lt=now),
            UserSession.objects.filter(~Exists(alive), created_at__lt=now - GRACE),
        )
    )


def _delete_in_batches(rows: QuerySet[Any]) -> int:
    deleted = 0
    while numbers := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=numbers).delete()
        deleted += len(numbers)
    return deleted
