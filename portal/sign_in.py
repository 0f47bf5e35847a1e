"""Signing in: the mails of django-allauth through our outbox, and what a provider tells us."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.dispatch import receiver
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import directory
from accounts.identity import IdentityProvider
from accounts.models import Affiliation, User
from accounts.second_factor import LEVEL_KEY
from events.messages import absolute
from mailing import outbox
from mailing.letters import Letter, NotWanted, on_one_line
from mailing.models import Message
from portal import (
    openid,
    sign_in_log,  # noqa: F401 - listens from here on
)

KIND = "sign_in.mail"
# A code is of no use any more after this, so its mail is not worth sending.
USEFUL = timedelta(minutes=15)
# How long somebody who asked for an account has to show that its address is theirs.
UNVERIFIED_KEPT = timedelta(days=7)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Sends the mails about an account through the outbox.

    So a mail server that is away costs nobody their request, and a known address takes no longer
    to answer than an unknown one.
    """

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail in the outbox, in the words and the language of this moment."""
        now = timezone.now()
        request = allauth_context.request
        values = {"request": request, "email": email, **context}
        subject = render_to_string(f"{template_prefix}_subject.txt", values)
        body = render_to_string(f"{template_prefix}_message.txt", values)
        outbox.put(
            [
                outbox.Draft(
                    key=f"sign-in:{uuid.uuid4()}",
                    kind=KIND,
                    object_id=0,
                    recipient=email,
                    due_at=now,
                    useful_until=now + USEFUL,
                    priority=Message.Priority.URGENT,
                    payload={
                        "subject": on_one_line(subject),
                        "code": context.get("code", ""),
                        "button": _button(template_prefix),
                        "paragraphs": [part.strip() for part in re.split(r"\n\s*\n", body.strip())],
                        "language": get_language(),
                    },
                )
            ]
        )


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a mail about an account; raises `NotWanted` when it comes too late."""
    if now - message.created_at > USEFUL:
        raise NotWanted("It came too late to be of use.")
    subject, code = message.payload["subject"], message.payload.get("code", "")
    *first, last = message.payload["paragraphs"]
    return Letter(
        recipient=message.recipient,
        language=message.payload["language"],
        subject=subject,
        # The code large, for who types it over from another screen.
        heading=code if code and code in subject else subject,
        greeting="",
        opening=first,
        closing=[last],
        button=tuple(button) if (button := message.payload.get("button")) else None,
        foot_links=[_your_data(message.payload["language"])],
    )


@receiver(authenticator_added)
def count_as_used(
    request: HttpRequest, user: User, authenticator: Authenticator, **_rest: object
) -> None:
    """Whoever has just set up an app or a passkey has shown it: do not ask for it at once again.

    Else somebody with a passkey alone would be asked for a code, before having seen any. Adding to
    a factor that is there asks for that one first, so this opens nothing to others.
    """
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(
            request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


def _button(template_prefix: str) -> tuple[str, str] | None:
    """Where somebody goes who has an account, or has none; our address, whatever the Host."""
    match template_prefix.rpartition("/")[2]:
        case "account_already_exists":
            return _("Sign in"), absolute(reverse("account_login"))
        case "unknown_account":
            return _("Make an account"), absolute(reverse("account_signup"))
        case _other:
            return None


def _your_data(language: str) -> tuple[str, str]:
    """The way to all that is held on an address, in the language of its mail."""
    with translation.override(language):
        return _("Your data"), absolute(reverse("portal:ask-data"))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # as above
    """Takes over what an organisation's own sign-in says about somebody."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse an answer to another visit, or a level of assurance that is too low.

        A level that counts as two factors is remembered.
        """
        if not openid.is_answer_to_ours(sociallogin):
            raise PermissionDenied(_("That answer belongs to another visit. Sign in once more."))
        provider = _provider(sociallogin)
        if provider.minimum_level:
            if _level(sociallogin, provider) < provider.minimum_level:
                raise PermissionDenied(
                    _("Sign in there with a stronger means, such as eID or itsme.")
                )
            request.session[LEVEL_KEY] = True
        if sociallogin.is_existing:
            remember_affiliation(sociallogin.user, sociallogin, now=timezone.now())

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, with the organisation it came from."""
        user: User = super().save_user(request, sociallogin, form)
        remember_affiliation(user, sociallogin, now=timezone.now())
        return user

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Take over the name."""
        user: User = super().populate_user(request, sociallogin, data)
        names = (data.get("first_name"), data.get("last_name"))
        user.name = data.get("name") or " ".join(name for name in names if name)
        return user


def remember_affiliation(user: User, sociallogin: SocialLogin, *, now: datetime) -> None:
    """Keep for which organisation somebody signed in, matched to the directory by its name."""
    provider, claims = _provider(sociallogin), _claims(sociallogin)
    code = str(claims.get(provider.organisation_code_claim) or "")
    name = str(claims.get(provider.organisation_claim) or "")[:200]
    if not code:
        return
    Affiliation.objects.update_or_create(
        user=user,
        provider=provider.key,
        code=code[:100],
        defaults={"name": name, "organisation": directory.find(name), "seen_at": now},
    )


def _provider(sociallogin: SocialLogin) -> IdentityProvider:
    return next(
        provider
        for provider in settings.OIDC_PROVIDERS
        if provider.key == sociallogin.account.provider
    )


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """What the provider said, from its userinfo and its id token alike."""
    data: dict[str, Any] = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def _level(sociallogin: SocialLogin, provider: IdentityProvider) -> int:
    """The level of assurance, a number or an address that ends in one; 0 when there is none."""
    found = re.search(r"(\d+)\D*$", str(_claims(sociallogin).get(provider.level_claim) or ""))
    return int(found[1]) if found else 0


@transaction.atomic
def purge_unverified(now: datetime) -> int:
    """Erase accounts that somebody asked for and nobody ever signed in with; how many there were.

    Anybody can ask for one with anybody's address. Accounts that an administrator made have no
    address to verify yet, and stay.
    """
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"))
    unverified = User.objects.filter(
        Exists(addresses),
        ~Exists(addresses.filter(verified=True)),
        joined_at__lte=now - UNVERIFIED_KEPT,
        last_login=None,
        memberships=None,
        is_staff=False,
    )
    # Locked, so that who signs in at this moment is not erased while they do.
    locked = [user.pk for user in User.objects.select_for_update().filter(pk__in=unverified)]
    User.objects.filter(pk__in=locked, last_login=None).delete()
    return len(locked)
