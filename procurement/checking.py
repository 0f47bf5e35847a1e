"""What a call still lacks before the public sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from procurement.models import Call, Deadline

# Facts of a public page older than this are looked up again.
CHECKED_WITHIN = timedelta(days=90)
# These have no date to wait for.
_WITHOUT_DATES = {Call.Kind.CONTINUOUS, Call.Kind.ANNOUNCED, Call.Kind.AWARDED}


_TEXTS = ("title", "summary", "body", "how_to_submit", "target_group", "excluded_group")


@dataclass(frozen=True)
class Check:
    """One thing to see to; what is needed holds up publishing. `page` is where it is mended."""

    label: str
    is_done: bool
    is_needed: bool
    page: str


def checks_of(call: Call, now: datetime) -> list[Check]:
    """The checklist, what is needed first."""
    texts, terms, dates = "call-texts", "call-terms", "call-deadlines"
    to_come = Deadline.objects.filter(call=call, cancelled_at=None, closes_at__gt=now).to_meet()
    has_date = call.kind in _WITHOUT_DATES or to_come.exists()
    has_way = bool(call.how_to_submit or call.official_url)
    says_who = bool(call.target_group) or call.eligibilities.exists()
    says_money = call.amounts.exists() or call.cofinancing.exists()
    since = (now - CHECKED_WITHIN).date()
    languages = call.programme.languages
    is_recent = call.checked_date is not None and call.checked_date >= since
    checks = [
        Check(_("A title in Dutch"), _has(call, "title_nl"), True, texts),
        Check(_("A summary in Dutch"), _has(call, "summary_nl"), True, texts),
        Check(_("A date to meet that is still to come"), has_date, True, dates),
        Check(_("Somebody to ask questions"), bool(call.contact[1]), True, texts),
        Check(_("How to submit, or an official page"), has_way, True, texts),
        Check(_("Who may submit"), says_who, False, texts),
        Check(_("All texts in French"), _is_in(call, "fr"), "fr" in languages, texts),
        Check(_("All texts in English"), _is_in(call, "en"), "en" in languages, texts),
        Check(_("An amount or a share of the cost"), says_money, False, terms),
        Check(_("Documents such as a template"), call.documents.exists(), False, terms),
        Check(_("A theme, so that people find it"), call.themes.exists(), False, texts),
        Check(_("Facts checked within three months"), is_recent, False, texts),
    ]
    return sorted(checks, key=lambda check: not check.is_needed)


def _has(call: Call, *names: str) -> bool:
    """Whether all of these texts are there; the language of each stands in its name."""
    return all(getattr(call, name) for name in names)


def _is_in(call: Call, code: str) -> bool:
    """Whether all texts of a call that are there in some language are there in this one."""
    written = {
        text
        for text in _TEXTS
        if any(getattr(call, f"{text}_{other}") for other, _own_name in settings.LANGUAGES)
    }
    return _has(call, *(f"{text}_{code}" for text in {"title", "summary", *written}))


def missing(call: Call, now: datetime) -> list[Check]:
    """What holds up publishing."""
    return [check for check in checks_of(call, now) if check.is_needed and not check.is_done]
