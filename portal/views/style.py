"""The style guide: each component with its states, from the same includes as on the pages."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import local_only
from events.models import AgendaItem, Contribution, Speaker
from moments.local import BRUSSELS, local_instant
from procurement.models import Deadline

TOKENS = ["text", "quiet", "accent", "accent-strong", "accent-soft", "band", "line", "error"]
ICONS = (
    "calendar check info warning error clock place people external download next previous edit bin"
    " search"
)


class ExampleForm(forms.Form):
    """A field of each sort, of which one is wrong and one is free to answer."""

    name = forms.CharField(label=gettext_lazy("Your name"))
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        error_messages={"invalid": gettext_lazy("Fill in an address like name@organisation.be.")},
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    remark = forms.CharField(
        label=gettext_lazy("Remark"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    agreed = forms.BooleanField(label=gettext_lazy("Keep me informed"), required=False)


@dataclass
class _Node:
    """As `events.models.AgendaNode`, of rows that are nowhere kept."""

    item: AgendaItem
    contributions: list[Contribution] = field(default_factory=list)
    children: list["_Node"] = field(default_factory=list)
    is_now: bool = False


@local_only
@require_safe
def style_guide(request: HttpRequest) -> HttpResponse:
    """All of it on one page."""
    now = timezone.now()
    day = now.astimezone(BRUSSELS).date() + timedelta(days=23)
    return render(
        request,
        "portal/style.html",
        {
            "tokens": TOKENS,
            "icons": ICONS.split(),
            "tones": ["default", "success", "warning", "error", "ongoing"],
            "notices": ["info", "success", "warning", "error"],
            "day": day,
            "starts_at": local_instant(day, time(14), BRUSSELS),
            "ends_at": local_instant(day, time(16, 30), BRUSSELS),
            "zone": BRUSSELS,
            "facts": [
                {"label": _("Where"), "value": "Brussel", "note": "Havenlaan 88"},
                {"label": _("Price"), "value": _("Free")},
                {"label": _("Seats"), "value": "12 / 25"},
            ],
            "steps": _steps(),
            "agenda": _agenda(day),
            "form": ExampleForm({"name": "An Janssens", "email": "an"}),
            "page": Paginator(range(30), 10).get_page(2),
        },
    )


def _steps() -> list[dict[str, Any]]:
    titles = [kind.label for kind in (Deadline.Kind.INTAKE, Deadline.Kind.SUBMISSION)]
    return [
        {"title": str(title).capitalize(), "state": state}
        for title, state in zip([*titles, titles[0]], ["done", "current", "coming"], strict=True)
    ]


def _agenda(day: date) -> list[_Node]:
    def item(start: int, end: int, title: str, **more: Any) -> AgendaItem:
        opening: datetime = local_instant(day, time(14), BRUSSELS)
        moments = [opening + timedelta(minutes=minutes) for minutes in (start, end)]
        return AgendaItem(title=title, starts_at=moments[0], ends_at=moments[1], **more)

    kinds = AgendaItem.Kind
    speaks = [Contribution(speaker=Speaker(name="An Janssens"), role="jurist")]
    tracks = [
        _Node(item(60, 90, f"Case {track}", is_parallel=True, track=track)) for track in ("A", "B")
    ]
    return [
        _Node(item(0, 5, str(kinds.WELCOME.label).capitalize(), kind=kinds.WELCOME), speaks),
        _Node(
            item(5, 50, str(kinds.BLOCK.label).capitalize(), kind=kinds.BLOCK),
            children=[_Node(item(5, 30, "Case 1"), is_now=True), _Node(item(30, 50, "Case 2"))],
            is_now=True,
        ),
        _Node(item(50, 60, str(kinds.BREAK.label).capitalize(), kind=kinds.BREAK)),
        *tracks,
    ]
