"""What changed about a call and its deadlines: old, new, who, when and why."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from moments.edges import Closing, Edge
from moments.words import clock, weekday_date
from procurement.models.call import Call, Deadline


class ChangeQuerySet(models.QuerySet["Change"]):
    """Which changes."""

    def latest_first(self) -> "ChangeQuerySet":
        """The latest first."""
        return self.order_by("-changed_at", "-pk")

    def moves(self) -> "ChangeQuerySet":
        """Those of a date that was known, the latest first."""
        return self.filter(what=Change.What.MOVED).latest_first()


class Change(models.Model):
    """One change of what the public knew; drafts have no history.

    `old` and `new` hold a closing moment (see `facts_of`) for dates, the status for a status, and
    the changed texts and amounts by their names otherwise.
    """

    class What(models.TextChoices):
        """What sort of change it is."""

        ADDED = "added", pgettext_lazy("change", "date added")
        MOVED = "moved", pgettext_lazy("change", "date changed")
        CANCELLED = "cancelled", pgettext_lazy("change", "date cancelled")
        REINSTATED = "reinstated", pgettext_lazy("change", "date reinstated")
        STATUS = "status", pgettext_lazy("change", "status")
        DETAILS = "details", pgettext_lazy("change", "details")

    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="changes", verbose_name=gettext_lazy("call")
    )
    deadline = models.ForeignKey(
        Deadline,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=gettext_lazy("deadline"),
    )
    what = models.CharField(gettext_lazy("kind"), max_length=10, choices=What)
    old = models.JSONField(gettext_lazy("old"), default=dict)
    new = models.JSONField(gettext_lazy("new"), default=dict)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("by"),
    )
    changed_at = models.DateTimeField(gettext_lazy("changed at"))
    reason = models.CharField(gettext_lazy("reason"), max_length=300, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("change")
        verbose_name_plural = gettext_lazy("changes")
        ordering = ("-changed_at", "-pk")

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.call}"

    @property
    def old_closing(self) -> Closing:
        """The closing moment before; only for changes of a date."""
        return _closing_of(self.old)

    @property
    def new_closing(self) -> Closing:
        """The closing moment after; only for changes of a date."""
        return _closing_of(self.new)

    @property
    def is_correction(self) -> bool:
        """Whether it set a date right that was past already, before and after."""
        return self.what == self.What.MOVED and (
            max(self.old_closing.closes_at, self.new_closing.closes_at) <= self.changed_at
        )

    @property
    def news(self) -> str:
        """What it comes down to, for a subject or a heading: "Indiendatum verlengd"."""
        match self.what:
            case self.What.STATUS:
                return str(_STATUS_NEWS[self._turn])
            case self.What.DETAILS:
                return _("Call adapted")
        step = capfirst(Deadline.Kind(self.new["kind"]).label)
        return str(_NEWS[self._turn]) % {"label": step}

    def sentence(self) -> str:
        """The change in words, in the active language: "Indiendatum verlengd van … naar …"."""
        match self.what:
            case self.What.STATUS:
                return str(_STATUS_SENTENCES[self._turn])
            case self.What.DETAILS:
                names = ", ".join(_detail_names(self.new))
                return _("Adapted: %(details)s") % {"details": names}
        # Translators: the step and what happened to its date: "Indiendatum verlengd van … naar …".
        return pgettext("change of a date", "%(label)s %(value)s") % {
            "label": capfirst(Deadline.Kind(self.new["kind"]).label),
            "value": self.date_sentence(),
        }

    def date_sentence(self) -> str:
        """The change of a date without the step: "verlengd van … naar …"."""
        turn = self._turn
        old, new = self.old_closing, self.new_closing
        if turn not in _MOVED:
            known = old if turn == "cancelled" else new
            said = known.reading() if turn == "worded" else known.wording()
            return str(_SAID[turn]) % {"date": said}
        from_to, instead = _MOVED[turn]
        if old.edge != new.edge:
            return str(instead) % {"new": new.wording(), "old": old.wording()}
        if old.edge.has_hour and old.said_date == new.said_date:
            return str(instead) % {"new": _short(new), "old": clock(old.said_time)}
        return str(from_to) % {"old": _short(old), "new": _short(new)}

    @property
    def _turn(self) -> str:
        """What sort of change it is, as fine as it is told."""
        if self.what == self.What.STATUS:
            is_taken_up = self.new["status"] == Call.Status.PUBLISHED and (
                self.old.get("status") in {Call.Status.SUSPENDED, Call.Status.CANCELLED}
            )
            return "taken up" if is_taken_up else self.new["status"]
        if self.what != self.What.MOVED:
            return self.what
        old, new = self.old_closing, self.new_closing
        if old == new:
            return "confirmed" if self.new["is_confirmed"] else "uncertain"
        if self.is_correction:
            return "corrected"
        if old.closes_at == new.closes_at:
            return "worded"
        return "extended" if new.closes_at > old.closes_at else "advanced"


_NEWS = {
    "added": pgettext_lazy("news", "%(label)s added"),
    "cancelled": pgettext_lazy("news", "%(label)s cancelled"),
    "reinstated": pgettext_lazy("news", "%(label)s valid again"),
    "confirmed": pgettext_lazy("news", "%(label)s confirmed"),
    "uncertain": pgettext_lazy("news", "%(label)s no longer certain"),
    "corrected": pgettext_lazy("news", "%(label)s corrected"),
    "extended": pgettext_lazy("news", "%(label)s extended"),
    "advanced": pgettext_lazy("news", "%(label)s brought forward"),
    "worded": pgettext_lazy("news", "%(label)s worded anew"),
}
_SAID = {
    "added": pgettext_lazy("date", "added: %(date)s"),
    "cancelled": pgettext_lazy("date", "cancelled: %(date)s"),
    "reinstated": pgettext_lazy("date", "valid again: %(date)s"),
    "confirmed": pgettext_lazy("date", "confirmed: %(date)s"),
    "uncertain": pgettext_lazy("date", "no longer certain: %(date)s"),
    "worded": pgettext_lazy("date", "worded anew: %(date)s"),
}
# From one day to another; and where two days would not tell the difference.
_MOVED = {
    "corrected": (
        pgettext_lazy("date", "corrected from %(old)s to %(new)s"),
        pgettext_lazy("date", "corrected: %(new)s instead of %(old)s"),
    ),
    "extended": (
        pgettext_lazy("date", "extended from %(old)s to %(new)s"),
        pgettext_lazy("date", "extended: %(new)s instead of %(old)s"),
    ),
    "advanced": (
        pgettext_lazy("date", "brought forward from %(old)s to %(new)s"),
        pgettext_lazy("date", "brought forward: %(new)s instead of %(old)s"),
    ),
}
_STATUS_NEWS = {
    "published": gettext_lazy("New call"),
    "taken up": gettext_lazy("Call taken up again"),
    "suspended": gettext_lazy("Call suspended"),
    "cancelled": gettext_lazy("Call cancelled"),
    "draft": gettext_lazy("Call withdrawn"),
}
_STATUS_SENTENCES = {
    "published": gettext_lazy("The call was published."),
    "taken up": gettext_lazy("The call was taken up again."),
    "suspended": gettext_lazy("The call was suspended."),
    "cancelled": gettext_lazy("The call was cancelled."),
    "draft": gettext_lazy("The call was withdrawn."),
}


def facts_of(deadline: Deadline) -> dict[str, Any]:
    """What a change keeps of a deadline; the instant in UTC, ISO 8601."""
    closing = deadline.closing
    return {
        "kind": deadline.kind,
        "edge": closing.edge.value,
        "closes_at": closing.closes_at.isoformat(),
        "time_zone": deadline.time_zone,
        "is_hour_stated": closing.hour_is_stated,
        "is_confirmed": deadline.is_confirmed,
    }


def _closing_of(facts: dict[str, Any]) -> Closing:
    return Closing(
        Edge(facts["edge"]),
        datetime.fromisoformat(facts["closes_at"]),
        ZoneInfo(facts["time_zone"]),
        hour_is_stated=facts["is_hour_stated"],
    )


def _short(closing: Closing) -> str:
    """The day, with its hour where one is said."""
    day = weekday_date(closing.said_date)
    if not closing.edge.has_hour:
        return day
    return pgettext("moment", "%(date)s at %(time)s") % {
        "date": day,
        "time": clock(closing.said_time),
    }


def _detail_names(details: dict[str, Any]) -> list[str]:
    """The names of fields and related rows, each once, without their language."""
    names = []
    for name in details:
        field: Any = Call._meta.get_field(name)
        # A column per language carries its language in its name; the field behind it does not.
        field = getattr(field, "translated_field", field)
        is_reverse = field.auto_created and not field.concrete
        owner = field.related_model._meta.verbose_name_plural if is_reverse else field.verbose_name
        if str(owner) not in names:
            names.append(str(owner))
    return names
