"""All that is held on somebody: asking for it, reading it, taking it along, having it erased.

A code in a mail proves an address for a day; who is signed in proved theirs already.
"""

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import auditing
from accounts.access import SignedInRequest, anyone, signed_in, token_holder
from accounts.auditing import actor_of
from accounts.copies import Ending, copy_response
from accounts.models import Action
from accounts.privacy import CannotErase, accounts_of, refuse_unless_erasable
from events.forms.registering import LinksForm
from events.models import Registration
from portal import messages, mine, privacy


@anyone
# Asks for nothing but a mail to the address itself; there is no authority to borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask_data(request: HttpRequest) -> HttpResponse:
    """Send somebody the way to all that is held on them; the answer is alike for every address."""
    now = timezone.now()
    form = LinksForm(request.POST) if request.method == "POST" else LinksForm()
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent:
        messages.tell_way(form.cleaned_data["email"], now=now)
    status = 422 if form.errors else 200
    return render(
        request, "portal/ask_data.html", {"form": form, "is_sent": is_sent}, status=status
    )


@anyone
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """Say that it is done: no address remains to mail it to."""
    return render(request, "portal/erased.html")


# With the code in a mail -------------------------------------------------------------------------


def _address(code: str) -> str:
    address = messages.address_by_code(code)
    if address is None:
        raise Http404
    return address


@token_holder
@require_safe
def data(request: HttpRequest, code: str) -> HttpResponse:
    """All that is held on the address, each registration with the way to correct it."""
    address = _address(code)
    return render(
        request,
        "portal/data.html",
        {
            "addresses": [address],
            "held": privacy.held_on_address(address),
            "registrations": Registration.objects.of_addresses([address]).select_related("session"),
            "json_url": reverse("portal:data-json", kwargs={"code": code}),
            "text_url": reverse("portal:data-text", kwargs={"code": code}),
            "erase_url": reverse("portal:erase-data", kwargs={"code": code}),
        },
    )


@token_holder
@require_safe
def data_copy(request: HttpRequest, code: str, ending: Ending) -> HttpResponse:
    """The same as a file."""
    now = timezone.now()
    held = privacy.held_on_address(_address(code))
    if request.method == "GET":
        auditing.record(Action.DATA_EXPORTED, by=actor_of(request, is_owner=True), now=now)
    return copy_response(held, ending, now=now)


@token_holder
# The code in the address is the authority, not a cookie: another site cannot know it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def erase_data(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether to erase everything, and say what goes and what stays; erase on POST only."""
    now = timezone.now()
    address = _address(code)
    refusal = ""
    try:
        if request.method == "POST":
            privacy.erase_address(address, now=now, by=actor_of(request, is_owner=True))
            return redirect("portal:erased")
        for user in accounts_of(address):
            refuse_unless_erasable(user)
    except CannotErase as error:
        refusal = str(error)
    return render(
        request,
        "portal/erase.html",
        {
            "addresses": [address],
            "has_account": accounts_of(address).exists(),
            "refusal": refusal,
            "action_url": reverse("portal:erase-data", kwargs={"code": code}),
            "back_url": reverse("portal:data", kwargs={"code": code}),
        },
        status=409 if refusal and request.method == "POST" else 200,
    )


# Signed in ---------------------------------------------------------------------------------------


@signed_in
@require_safe
def my_data(request: SignedInRequest) -> HttpResponse:
    """All that is held on one's account and on the addresses one proved."""
    return render(
        request,
        "portal/data.html",
        {
            "addresses": mine.addresses(request.user) or [request.user.email],
            "held": privacy.held_on_user(request.user),
            "registrations": mine.registrations(request.user),
            "json_url": reverse("portal:my-data-json"),
            "text_url": reverse("portal:my-data-text"),
            "erase_url": reverse("portal:erase-me"),
        },
    )


@signed_in
@require_safe
def my_data_copy(request: SignedInRequest, ending: Ending) -> HttpResponse:
    """The same as a file."""
    now = timezone.now()
    held = privacy.held_on_user(request.user)
    if request.method == "GET":
        auditing.record(Action.DATA_EXPORTED, by=actor_of(request), now=now)
    return copy_response(held, ending, now=now)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase_me(request: SignedInRequest) -> HttpResponse:
    """Ask whether to erase one's account and all else, and say what stays; erase on POST only."""
    now = timezone.now()
    addresses = mine.addresses(request.user) or [request.user.email]
    refusal = ""
    try:
        if request.method == "POST":
            privacy.erase_user(request.user, now=now, by=actor_of(request))
            logout(request)
            return redirect("portal:erased")
        refuse_unless_erasable(request.user)
    except CannotErase as error:
        refusal = str(error)
    return render(
        request,
        "portal/erase.html",
        {
            "addresses": addresses,
            "has_account": True,
            "is_me": True,
            "refusal": refusal,
            "action_url": reverse("portal:erase-me"),
            "back_url": reverse("portal:my-data"),
        },
        status=409 if refusal and request.method == "POST" else 200,
    )
