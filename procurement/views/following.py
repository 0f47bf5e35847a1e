"""Following by e-mail: asking, and what the owner of the address does with the codes in mails."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import anyone, token_holder
from accounts.names import is_storable
from procurement import following as rules
from procurement.forms.following import EVERYTHING, FollowForm, OffsetsForm, call_named
from procurement.messages import offsets_in_words
from procurement.models import OFFSETS, Call, Follow, Follower


@anyone
# Asks for nothing but a mail to the address itself; there is no authority to borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask to follow a call, a theme or everything; the answer is alike for every address."""
    now = timezone.now()
    if request.method == "POST":
        form = FollowForm(request.POST, call=call_named(request.POST.get("subject", "")))
    else:
        subject = request.GET.get("subject", EVERYTHING)
        form = FollowForm(
            call=call_named(subject),
            initial={
                "subject": subject,
                "language": get_language(),
                "offsets": [str(days) for days in OFFSETS],
            },
        )
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent:
        rules.ask(form.wish(), now=now)
    status = 422 if form.errors else 200
    return render(
        request, "procurement/follow.html", {"form": form, "is_sent": is_sent}, status=status
    )


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm on POST only, since mail scanners open every link."""
    found = Follow.objects.by_confirming_code(code)
    if found is None:
        raise Http404
    if request.method == "POST":
        rules.confirm(found, now=timezone.now())
        messages.success(
            request, _("You follow this from now on: %(subject)s.") % {"subject": found.subject}
        )
        return redirect(found.follower)
    if found.confirmed_at is not None:
        return redirect(found.follower)
    return render(
        request,
        "procurement/confirm.html",
        {"follow": found, "code": code, "reminders": offsets_in_words(found.offsets)},
    )


def _managed(code: str) -> Follower:
    follower = Follower.objects.by_managing_code(code)
    if follower is None:
        raise Http404
    return follower


def _own_follow(follower: Follower, number: str) -> Follow:
    """One of the follower's own; the number is their own page's."""
    if not is_storable(number):
        raise Http404
    return get_object_or_404(follower.follows.confirmed(), public_id=number)


@token_holder
@require_safe
def following(request: HttpRequest, code: str) -> HttpResponse:
    """What somebody follows, with when they are reminded, and how to stop."""
    follower = _managed(code)
    follows = follower.follows.confirmed().select_related("call", "theme")
    return render(
        request,
        "procurement/following.html",
        {
            "follower": follower,
            "code": code,
            "follows": [
                (
                    one,
                    OffsetsForm(
                        initial={"offsets": [str(days) for days in one.offsets]},
                        auto_id=f"id_{one.pk}_%s",
                    ),
                )
                for one in follows
                if one.call is None or one.call.status != Call.Status.DRAFT
            ],
        },
    )


@token_holder
@csrf_exempt  # as above
@require_POST
def choose_offsets(request: HttpRequest, code: str) -> HttpResponse:
    """Choose when reminders come for one thing that is followed."""
    one = _own_follow(_managed(code), request.POST.get("follow", ""))
    form = OffsetsForm(request.POST)
    if form.is_valid():
        rules.choose_offsets(one, form.cleaned_data["offsets"])
        messages.success(
            request,
            _("Reminders for %(subject)s: %(reminders)s.")
            % {"subject": one.subject, "reminders": offsets_in_words(one.offsets)},
        )
    return redirect(one.follower)


@token_holder
@csrf_exempt  # as above
@require_POST
def unfollow(request: HttpRequest, code: str) -> HttpResponse:
    """Stop following one thing."""
    one = _own_follow(_managed(code), request.POST.get("follow", ""))
    follower = one.follower
    rules.unfollow(one)
    messages.success(
        request, _("You no longer follow this: %(subject)s.") % {"subject": one.subject}
    )
    if not Follower.objects.filter(pk=follower.pk).exists():
        return redirect("procurement:follow")
    return redirect(follower)


@token_holder
@csrf_exempt  # as above, and a mail program sends no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Stop all mails on POST, also a mail program's own (RFC 8058): it follows no redirect."""
    if not Follower.is_stopping_code(code):
        raise Http404
    follower = Follower.objects.by_stopping_code(code)
    if request.method == "POST" and follower is not None:
        rules.stop(follower)
        follower = None
    return render(request, "procurement/stop.html", {"follower": follower, "code": code})
