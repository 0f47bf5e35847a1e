"""Copies of a session: on one other day, on a list of days, or every month."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import auditing
from accounts.access import organiser
from events import cloning
from events.forms.sessions import CloneForm
from events.views.organise.frame import managed_session, session_frame
from moments.edges import NoSuchClosing
from moments.local import NoSuchMoment


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def clone(request: HttpRequest, slug: str) -> HttpResponse:
    """Make drafts like this session on other days."""
    now, session = timezone.now(), managed_session(request, slug)
    form = CloneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = cloning.clone(session, form.days(), by=auditing.actor_of(request), now=now)
        except (NoSuchMoment, NoSuchClosing) as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = ngettext(
                "%(number)s draft is made.", "%(number)s drafts are made.", len(made)
            )
            messages.success(request, sentence % {"number": len(made)})
            if len(made) == 1:
                return redirect("events:edit-session", made[0].slug)
            return redirect("portal:organise")
    context = session_frame(session, now, tab="clone") | {
        "form": form,
        "day": session.starts_at.astimezone(session.zone).date(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "organise/sessions/clone.html", context, status=status)
