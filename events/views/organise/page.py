"""The page of a session as organisers write it: a new one, or changes to one that is there."""

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import auditing
from accounts.access import organiser
from accounts.clashes import Clash, carried, chosen, clashes, question
from accounts.models import Programme, User
from events import editing, history, publishing
from events.editing import PageForm
from events.forms.sessions import NewForm
from events.messages import CHANGED
from events.models import Session
from events.rescheduling import CannotMove
from events.views.organise import pasting
from events.views.organise.frame import managed_session, session_frame


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a new session; it starts as a draft."""
    user = cast(User, request.user)
    if request.method != "POST":
        first = Programme.objects.managed_by(user).first()
        form = NewForm(user=user, initial={"programme": first})
        return render(request, "organise/sessions/new.html", {"form": form})
    form = NewForm(request.POST, user=user)
    if not form.is_valid():
        return render(request, "organise/sessions/new.html", {"form": form}, status=422)
    session = editing.save(form, by=auditing.actor_of(request), now=timezone.now())
    if form.cleaned_data["agenda_text"].strip():
        pasting.hand_over(request, session, form.cleaned_data["agenda_text"])
        messages.success(
            request, _("The draft is kept. Look how its programme reads, and save that too.")
        )
        return redirect("events:paste-agenda", session.slug)
    messages.success(
        request, _("The draft is kept. Look at the checklist, and publish it when it is ready.")
    )
    return redirect("events:publish", session.slug)


@organiser
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a session; what two organisers change at once, and whom it concerns, is asked."""
    session = managed_session(request, slug)
    if request.method != "POST":
        return _show(request, session, PageForm(instance=session, user=cast(User, request.user)))
    with transaction.atomic():
        return _change(request, session)


def _change(request: HttpRequest, session: Session) -> HttpResponse:
    user, now = cast(User, request.user), timezone.now()
    current = PageForm(instance=editing.locked(session), user=user)
    sent = chosen(current, request.POST)
    found = clashes(current, sent)
    if found:
        return _compare(request, session, current, sent, found)
    before = editing.locked(session)
    form = PageForm(sent, instance=editing.locked(session), user=user)
    if not form.is_valid():
        return _show(request, session, form, status=422)
    if sent.get("step") == "back":
        return _show(request, session, form)
    is_asked = sent.get("tell") in {"yes", "no"}
    try:
        if not is_asked and editing.concerns_registrants(before, form.instance):
            asked = _ask(request, session, form, sent)
            if asked is not None:
                return asked
            form = PageForm(sent, instance=editing.locked(session), user=user)
            form.is_valid()
        saved = editing.save(
            form, by=auditing.actor_of(request), now=now, tell=sent.get("tell") != "no"
        )
    except CannotMove as refusal:
        form.add_error(None, str(refusal))
        return _show(request, session, form, status=422)
    messages.success(request, _("The changes are saved."))
    return redirect("events:edit-session", saved.slug)


def _show(
    request: HttpRequest, session: Session, form: PageForm, *, status: int = 200
) -> HttpResponse:
    # The form puts what was typed on its own session; the frame shows what there is.
    context = session_frame(session, timezone.now(), tab="page") | {"form": form}
    return render(request, "organise/sessions/page.html", context, status=status)


def _compare(
    request: HttpRequest,
    session: Session,
    current: PageForm,
    sent: QueryDict,
    found: list[Clash],
) -> HttpResponse:
    latest = session.versions.select_related("changed_by").first()
    context = session_frame(session, timezone.now(), tab="page") | {
        "latest": latest,
        **question(current, sent, found),
    }
    return render(request, "organise/sessions/compare.html", context, status=409)


def _ask(
    request: HttpRequest, session: Session, form: PageForm, sent: QueryDict
) -> HttpResponse | None:
    """The page that asks whether to tell registrants; None where there are none to tell."""
    now = timezone.now()
    old = history.content_of(session)
    new: history.Content = {}

    def save() -> None:
        editing.save(form, by=auditing.actor_of(request), now=now)
        new.update(history.content_of(session))

    rehearsal = publishing.rehearse(save, session, kind=CHANGED, now=now)
    if not rehearsal.number:
        return None
    context = session_frame(managed_session(request, session.slug), now, tab="page") | {
        "rehearsal": rehearsal,
        "differences": history.differences(old, new, of=history.is_time_or_place),
        "carried": carried(sent),
        "action": request.path,
    }
    return render(request, "organise/sessions/tell.html", context)
