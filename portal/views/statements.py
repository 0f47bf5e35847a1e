"""What we say of ourselves: privacy, accessibility, cookies, reporting a vulnerability."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from accounts.access import anyone
from events.messages import absolute
from portal.message_cookie import OwnCookieStorage
from portal.processing import processings
from portal.views.session import RECEIPT_COOKIE

# How far ahead security.txt promises to hold, at least; RFC 9116 section 2.5.5 advises against more
# than a year.
SECURITY_TXT_MONTHS = 6


def _responsible() -> dict[str, object]:
    """Who answers for the data, and who touches it, for every statement."""
    return {
        "controller": settings.CONTROLLER_NAME,
        "controller_address": settings.CONTROLLER_ADDRESS,
        "data_protection_contact": settings.DATA_PROTECTION_CONTACT,
        "supervisory_authority": settings.SUPERVISORY_AUTHORITY,
        "supervisory_authority_contact": settings.SUPERVISORY_AUTHORITY_CONTACT,
        "every_processor": settings.PROCESSORS + settings.PROCESSORS_OUTSIDE_EEA,
        "processors_outside_eea": settings.PROCESSORS_OUTSIDE_EEA,
        "retention_days": settings.RETENTION_DAYS_DEFAULT,
        "site_url": settings.SITE_URL,
    }


@anyone
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy statement (GDPR articles 13 and 14)."""
    return render(request, "portal/statements/privacy.html", _responsible())


@anyone
@require_safe
def processing_register(request: HttpRequest) -> HttpResponse:
    """The record of processing activities (GDPR article 30)."""
    found = processings(retention_days=settings.RETENTION_DAYS_DEFAULT)
    return render(
        request,
        "portal/statements/processing_register.html",
        _responsible() | {"processings": found},
    )


@anyone
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement, after the model of Implementing Decision (EU) 2018/1523."""
    return render(
        request,
        "portal/statements/accessibility.html",
        _responsible()
        | {
            "accessibility_contact": settings.ACCESSIBILITY_CONTACT,
            "assessed_on": settings.ACCESSIBILITY_ASSESSED_ON,
            "assessor": settings.ACCESSIBILITY_ASSESSOR,
        },
    )


@dataclass(frozen=True)
class Cookie:
    """A cookie as a reader finds it in their browser."""

    name: str
    purpose: str
    duration: str


@anyone
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Every cookie there is; all are needed for what somebody asks, so nothing is to be agreed."""
    every_cookie = [
        Cookie(
            RECEIPT_COOKIE,
            _("After registering: lets the next page tell what happens now. Signed by us."),
            _("One hour"),
        ),
        Cookie(
            settings.SESSION_COOKIE_NAME,
            _("Remembers that you are signing in or are signed in, and where you came from."),
            _("Until you close the browser or sign out"),
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            _("Proves that a form comes from this website, so that nobody else sends it for you."),
            _("One year"),
        ),
        Cookie(
            OwnCookieStorage.cookie_name,
            _("Carries the message of what has just been done to the next page."),
            _("Until it has been shown, or you close the browser"),
        ),
    ]
    return render(request, "portal/statements/cookies.html", {"cookies": every_cookie})


@anyone
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """How to report a vulnerability, and what somebody who does can count on."""
    return render(
        request,
        "portal/statements/security.html",
        _responsible() | {"security_contact": settings.SECURITY_CONTACT},
    )


@anyone
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The same for programs and people in a hurry (RFC 9116)."""
    contact = settings.SECURITY_CONTACT
    with override(settings.LANGUAGE_CODE):
        policy = absolute(reverse("portal:security"))
    fields = [
        ("Contact", contact if contact.startswith("https:") else f"mailto:{contact}"),
        ("Expires", expiry(timezone.now()).strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("Preferred-Languages", ", ".join(code for code, _label in settings.LANGUAGES)),
        ("Canonical", absolute(reverse("security-txt"))),
        ("Policy", policy),
    ]
    text = "".join(f"{name}: {value}\n" for name, value in fields)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def expiry(now: datetime) -> datetime:
    """When security.txt asks to be fetched anew: the start of a month, the same all month long."""
    start = now.astimezone(UTC)
    months = start.year * 12 + start.month + SECURITY_TXT_MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


@anyone
@require_safe
def security_txt_moved(request: HttpRequest) -> HttpResponse:
    """Where some still look for it."""
    return redirect("security-txt", permanent=True)
