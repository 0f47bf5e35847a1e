"""A pasted list of dates: shown as it is read, and only then saved."""

import re

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import organiser
from procurement import changing, pasting, publishing
from procurement.changing import Edit
from procurement.forms.deadlines import PasteForm
from procurement.models import Call, Deadline
from procurement.views.organise.dates import deadlines_page
from procurement.views.organise.frame import managed_call, page, say_told, user_of


@organiser
@require_POST
def read_dates(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how each pasted line is understood; nothing is saved yet."""
    found = managed_call(request, slug)
    form = PasteForm(request.POST)
    if not form.is_valid():
        return deadlines_page(request, found, form)
    return _pasted_page(request, found, form)


def _pasted_page(
    request: HttpRequest, found: Call, form: PasteForm, *, refusal: str = ""
) -> HttpResponse:
    text, year = form.cleaned_data["text"], form.cleaned_data["year"]
    return page(
        request,
        "pasted",
        found,
        lines=pasting.read_lines(found, text, year=year),
        kinds=Deadline.Kind.choices,
        text=text,
        year=year,
        refusal=refusal,
        followers=publishing.followers_of(found),
        status=422 if refusal else 200,
    )


@organiser
@require_POST
def save_dates(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the pasted lines that were chosen, read anew from the same words."""
    now = timezone.now()
    found = managed_call(request, slug)
    form = PasteForm(request.POST)
    if not form.is_valid():
        return deadlines_page(request, found, form)
    lines = pasting.read_lines(found, form.cleaned_data["text"], year=form.cleaned_data["year"])
    choices = {
        line.number: _choice(request, line)
        for line in lines
        if f"keep-{line.number}" in request.POST
    }
    if not choices:
        return _pasted_page(request, found, form, refusal=_("Choose at least one line to save."))
    try:
        with transaction.atomic():
            changes = pasting.save_lines(found, lines, choices, Edit(user_of(request), now))
            told = 0
            if "tell" in request.POST:
                told = changing.tell_followers(found, changes, now=now)
    except pasting.CannotPaste as refusal:
        return _pasted_page(request, found, form, refusal=str(refusal))
    sentence = ngettext("%(number)d date is saved.", "%(number)d dates are saved.", len(changes))
    messages.success(request, sentence % {"number": len(changes)})
    say_told(request, told)
    return redirect("procurement:organise-deadlines", slug)


def _choice(request: HttpRequest, line: pasting.PastedLine) -> pasting.Choice:
    kind = request.POST.get(f"kind-{line.number}", "")
    reading = request.POST.get(f"reading-{line.number}", "0" if len(line.readings) == 1 else "")
    is_number = re.fullmatch("[0-9]", reading) is not None
    return pasting.Choice(
        Deadline.Kind(kind) if kind in Deadline.Kind.values else line.kind,
        int(reading) if is_number else -1,
    )
