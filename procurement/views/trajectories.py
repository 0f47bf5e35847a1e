"""Trajectories: one's own, and those submitted to the calls that one organises."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory
from accounts.access import SignedInRequest, organiser, signed_in
from accounts.auditing import actor_of
from accounts.clashes import chosen, clashes, question, settled
from accounts.documents import Refused, handed_out
from accounts.models import User
from accounts.names import is_storable
from moments.local import BRUSSELS
from moments.words import weekday_date
from procurement import attaching, board, trajectories
from procurement.charter import PRINCIPLES
from procurement.charter_pdf import charter_pdf
from procurement.counting_back import codes_of, to_do
from procurement.forms.trajectories import (
    AttachmentForm,
    BoardFilter,
    CharterForm,
    MemberForm,
    NoteForm,
    StageForm,
    TrajectoryForm,
)
from procurement.keeping import kept_until
from procurement.models import Attachment, CharterAnswer, Stage, Trajectory, TrajectoryMember


def _own(request: SignedInRequest, public_id: str) -> tuple[Trajectory, TrajectoryMember]:
    """A trajectory that one works on, and as whom; another one does not exist.

    Whatever its people do to it keeps it.
    """
    if not is_storable(public_id):
        raise Http404
    rows = trajectories.of_user(request.user).select_related(
        "call__programme", "deadline__call__programme", "organisation"
    )
    found = get_object_or_404(rows, public_id=public_id)
    member = trajectories.member_of(found, request.user)
    if member is None:
        raise Http404
    if request.method == "POST":
        trajectories.note_use(found, now=timezone.now())
    return found, member


def _owned(request: SignedInRequest, public_id: str) -> Trajectory:
    """As `_own`, for what only its owner does."""
    found, member = _own(request, public_id)
    if not member.is_owner:
        raise Http404
    return found


def _number(number: int) -> int:
    """A number that a row can have; others ask nothing of the database."""
    if number > 2**62:
        raise Http404
    return number


# One's own ---------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_trajectory(request: SignedInRequest) -> HttpResponse:
    """Start a trajectory, as its owner."""
    now = timezone.now()
    proved = trajectories.proved_addresses(request.user)
    known = directory.of_address(proved[0]) if proved else None
    form = TrajectoryForm(
        request.POST if request.method == "POST" else None,
        now=now,
        aimed_at=request.GET.get("call", ""),
        initial={"organisation_name": str(known or "")},
    )
    if request.method == "POST" and not proved:
        form.add_error(None, _("Prove your e-mail address first, on your own page."))
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        trajectories.make(made, email=proved[0], name=request.user.name, now=now)
        messages.success(request, _("It is there. Only you see it, until you name colleagues."))
        return redirect(made)
    status = 422 if request.method == "POST" else 200
    return render(request, "procurement/trajectories/new.html", {"form": form}, status=status)


@signed_in
@require_safe
def trajectory(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Where it stands: what to do by when, people, notes, documents."""
    found, member = _own(request, public_id)
    return _page(request, found, member)


def _page(
    request: HttpRequest, found: Trajectory, member: TrajectoryMember, **forms: Any
) -> HttpResponse:
    now = timezone.now()
    stages = trajectories.next_stages(found)
    answers = list(found.charter_answers.all())
    facts = {
        "trajectory": found,
        "member": member,
        "to_do": to_do(found, now),
        "members": found.members.all(),
        "notes": found.notes.select_related("author"),
        "attachments": found.attachments.select_related("added_by"),
        "answered": sum(one.verdict != CharterAnswer.Verdict.OPEN for one in answers),
        "principles": len(PRINCIPLES),
        "kept_until": kept_until(found),
        "member_form": MemberForm(prefix="member"),
        "note_form": NoteForm(prefix="note"),
        "attachment_form": AttachmentForm(prefix="document"),
        "stage_form": StageForm(stages=stages, prefix="stage", initial={"stage": found.stage}),
        "now": now,
    } | forms
    is_refused = any(form.errors for form in forms.values())
    return render(
        request,
        "procurement/trajectories/trajectory.html",
        facts | {"is_refused": is_refused},
        status=422 if is_refused else 200,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit_trajectory(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change what it is about, and for which call it is."""
    found, _member = _own(request, public_id)
    now = timezone.now()

    def make(sent: QueryDict | None) -> TrajectoryForm:
        stored = Trajectory.objects.select_related("call", "deadline__call").get(pk=found.pk)
        return TrajectoryForm(sent, instance=stored, now=now)

    def show(form: TrajectoryForm, *, status: int = 200) -> HttpResponse:
        facts = {"form": form, "address": found.get_absolute_url()}
        return render(request, "procurement/trajectories/edit.html", facts, status=status)

    def save(form: TrajectoryForm) -> HttpResponse:
        form.save()
        messages.success(request, _("Your changes are saved."))
        return redirect(found)

    if request.method != "POST":
        return show(make(None))
    return _change(request, found, make=make, show=show, save=save)


def _change(
    request: HttpRequest,
    found: Trajectory,
    *,
    make: Callable[[QueryDict | None], Any],
    show: Callable[..., HttpResponse],
    save: Callable[[Any], HttpResponse],
) -> HttpResponse:
    """Save a form that was sent; what a colleague changed meanwhile stays, or is asked about.

    `make` gives the form of what is stored by then, filled in with what it is given; `show` its
    page.
    """
    with transaction.atomic():
        Trajectory.objects.select_for_update(of=("self",)).get(pk=found.pk)
        current = make(None)
        sent = settled(current, chosen(current, request.POST))
        asked = clashes(current, sent)
        if asked:
            facts = {"trajectory": found, **question(current, sent, asked)}
            return render(request, "procurement/trajectories/compare.html", facts, status=409)
        form = make(sent)
        if not form.is_valid():
            return show(form, status=422)
        if sent.get("step") == "back":
            return show(form)
        return save(form)


@signed_in
@require_POST
def set_stage(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say how far it is."""
    found, member = _own(request, public_id)
    form = StageForm(request.POST, stages=trajectories.next_stages(found), prefix="stage")
    if not form.is_valid():
        return _page(request, found, member, stage_form=form)
    try:
        trajectories.set_stage(found, Stage(form.cleaned_data["stage"]))
    except trajectories.CannotChange as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The stage is saved."))
    return redirect(found)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say that it was submitted, after a look at what the organisers see from then on."""
    found, _member = _own(request, public_id)
    if request.method == "POST":
        try:
            trajectories.submit(found, now=timezone.now())
        except trajectories.CannotChange as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The organisers of the call see it now. You can take it back below.")
            )
        return redirect(found)
    return render(request, "procurement/trajectories/submit.html", {"trajectory": found})


@signed_in
@require_POST
def take_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Make it a proposal again."""
    found, _member = _own(request, public_id)
    trajectories.take_back(found)
    messages.success(request, _("It is a proposal again; the organisers no longer see it."))
    return redirect(found)


@signed_in
@require_POST
def keep(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Keep it, for who was told that it goes."""
    found, _member = _own(request, public_id)
    until = kept_until(found).astimezone(BRUSSELS).date()
    messages.success(request, _("Kept, until %(day)s at least.") % {"day": weekday_date(until)})
    return redirect(found)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def delete_trajectory(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Delete it with all that belongs to it, for its owner."""
    found = _owned(request, public_id)
    if request.method == "POST":
        trajectories.delete(found)
        messages.success(request, _("The trajectory is deleted, with its notes and documents."))
        return redirect("portal:me")
    return render(request, "procurement/trajectories/delete.html", {"trajectory": found})


# People, notes, steps ----------------------------------------------------------------------------


@signed_in
@require_POST
def add_member(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Name a colleague of the same organisation."""
    found, member = _own(request, public_id)
    form = MemberForm(request.POST, prefix="member")
    if form.is_valid():
        email, name = form.cleaned_data["email"], form.cleaned_data["name"]
        try:
            trajectories.invite(found, email=email, name=name, now=timezone.now())
        except trajectories.CannotChange as refusal:
            form.add_error("email", str(refusal))
    if not form.is_valid():
        return _page(request, found, member, member_form=form)
    messages.success(
        request,
        _("%(email)s sees it after signing in with that address. Tell them: we mail nothing.")
        % {"email": email},
    )
    return redirect(found)


@signed_in
@require_POST
def remove_member(request: SignedInRequest, public_id: str, number: int) -> HttpResponse:
    """Take somebody off: the owner anybody, a colleague only themselves."""
    found, member = _own(request, public_id)
    gone = get_object_or_404(found.members, pk=_number(number))
    if not member.is_owner and gone.pk != member.pk:
        raise Http404
    if gone.is_owner:
        messages.error(request, _("Make a colleague the owner first, or delete the trajectory."))
        return redirect(found)
    trajectories.leave(gone)
    messages.success(request, _("%(person)s no longer sees it.") % {"person": gone})
    return redirect("portal:me" if gone.pk == member.pk else found)


@signed_in
@require_POST
def hand_over(request: SignedInRequest, public_id: str, number: int) -> HttpResponse:
    """Make a colleague the owner, for the owner."""
    found = _owned(request, public_id)
    heir = get_object_or_404(found.members, pk=_number(number))
    trajectories.hand_over(heir)
    messages.success(request, _("%(person)s is the owner now.") % {"person": heir})
    return redirect(found)


@signed_in
@require_POST
def add_note(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Write a note."""
    found, member = _own(request, public_id)
    form = NoteForm(request.POST, prefix="note")
    if not form.is_valid():
        return _page(request, found, member, note_form=form)
    note = form.save(commit=False)
    note.trajectory, note.author, note.written_at = found, member, timezone.now()
    note.save()
    messages.success(request, _("The note is saved."))
    return redirect(found)


@signed_in
@require_POST
def set_done(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Tick a step of the to-do list off, or take the tick away."""
    now = timezone.now()
    found, _member = _own(request, public_id)
    code = request.POST.get("step", "")
    if code not in codes_of(found, now):
        raise Http404
    trajectories.set_done(found, code, is_done="done" in request.POST, now=now)
    return redirect(f"{found.get_absolute_url()}#to-do")


# Documents ---------------------------------------------------------------------------------------


@signed_in
@require_POST
def attach(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Attach a document."""
    found, member = _own(request, public_id)
    form = AttachmentForm(request.POST, request.FILES, prefix="document")
    if form.is_valid():
        try:
            attaching.attach(found, form.cleaned_data["file"], by=member, now=timezone.now())
        except Refused as refusal:
            form.add_error("file", str(refusal))
    if not form.is_valid():
        return _page(request, found, member, attachment_form=form)
    messages.success(request, _("The document is attached."))
    return redirect(found)


def _attachment(request: SignedInRequest, public_id: str, document: str) -> Attachment:
    found, _member = _own(request, public_id)
    if not is_storable(document):
        raise Http404
    return get_object_or_404(found.attachments, public_id=document)


@signed_in
@require_safe
def attachment(request: SignedInRequest, public_id: str, document: str) -> HttpResponseBase:
    """Hand out a document, to keep and never to open within this site."""
    row = _attachment(request, public_id, document)
    return handed_out(row.file, name=row.name, content_type=row.content_type)


@signed_in
@require_POST
def detach(request: SignedInRequest, public_id: str, document: str) -> HttpResponse:
    """Delete a document."""
    row = _attachment(request, public_id, document)
    attaching.detach(row)
    messages.success(request, _("The document “%(name)s” is deleted.") % {"name": row.name})
    return redirect(row.trajectory)


# The charter -------------------------------------------------------------------------------------


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def charter(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Answer the questions of the charter."""
    found, _member = _own(request, public_id)

    def make(sent: QueryDict | None) -> CharterForm:
        return CharterForm(sent, trajectory=found)

    def show(form: CharterForm, *, status: int = 200) -> HttpResponse:
        facts = {"trajectory": found, "form": form}
        return render(request, "procurement/trajectories/charter.html", facts, status=status)

    def save(form: CharterForm) -> HttpResponse:
        form.save()
        messages.success(request, _("The answers are saved."))
        return redirect(found)

    if request.method != "POST":
        return show(make(None))
    return _change(request, found, make=make, show=show, save=save)


@signed_in
@require_safe
def charter_file(request: SignedInRequest, public_id: str) -> HttpResponse:
    """The questions and answers as a PDF, to attach to the proposal."""
    found, _member = _own(request, public_id)
    answer = HttpResponse(charter_pdf(found, now=timezone.now()), content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="charter.pdf"'
    return answer


# For organisers ----------------------------------------------------------------------------------


def _chosen(request: HttpRequest) -> tuple[BoardFilter, Any]:
    user = cast(User, request.user)
    asked = BoardFilter(request.GET, organiser=user)
    call = asked.cleaned_data["call"] if asked.is_valid() else None
    return BoardFilter(initial={"call": call}, organiser=user), board.submitted(user, call)


@organiser
@require_safe
def submitted(request: HttpRequest) -> HttpResponse:
    """The board: what was submitted to one's calls, by stage. The look is written down."""
    form, chosen = _chosen(request)
    rows = list(chosen)
    board.note_look(rows, by=actor_of(request), now=timezone.now())
    columns = [
        (stage, [(row, board.answered(row)) for row in found])
        for stage, found in board.by_stage(rows)
    ]
    facts = {"form": form, "columns": columns, "number": len(rows), "principles": len(PRINCIPLES)}
    return render(request, "organise/trajectories/board.html", facts)


@organiser
@require_POST
def export_submitted(request: HttpRequest) -> HttpResponse:
    """The board as a file; a POST, since it is written down."""
    now = timezone.now()
    _form, chosen = _chosen(request)
    file = board.export(chosen, by=actor_of(request), now=now)
    answer = HttpResponse(file, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="trajecten-{now:%Y-%m-%d}.csv"'
    return answer


@organiser
@require_safe
def submitted_trajectory(request: HttpRequest, public_id: str) -> HttpResponse:
    """One that was submitted, without its notes and documents. The look is written down."""
    if not is_storable(public_id):
        raise Http404
    found = get_object_or_404(board.submitted(cast(User, request.user)), public_id=public_id)
    board.note_look([found], by=actor_of(request), now=timezone.now())
    answers = {row.principle: row for row in found.charter_answers.all()}
    return render(
        request,
        "organise/trajectories/trajectory.html",
        {
            "trajectory": found,
            "owner": found.owner,
            "principles": [(one, answers.get(one.code)) for one in PRINCIPLES],
        },
    )
