"""Who works for a programme: the team, inviting, roles, and accepting an invitation."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations
from accounts.access import lead, organiser, token_holder
from accounts.auditing import actor_of
from accounts.forms import InviteForm, RoleForm
from accounts.invitations import NotTheirs, TeamRefused
from accounts.models import Invitation, Membership, Programme, Role, User
from accounts.names import address_key
from accounts.privacy import accounts_of
from portal import mine
from portal import team as rules


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@organiser
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Who works for one's programmes; for who leads one, with what they can do about it."""
    user = _user(request)
    order = {role: rank for rank, role in enumerate(Role.values)}
    programmes = [
        {
            "programme": programme,
            "is_led": user.has_role(Role.LEAD, programme.pk),
            "members": sorted(
                programme.memberships.all(),
                key=lambda row: (order.get(row.role, len(order)), str(row.user).casefold(), row.pk),
            ),
            "invitations": programme.invitations.all(),
        }
        for programme in Programme.objects.managed_by(user).prefetch_related(
            "memberships__user", "invitations"
        )
    ]
    return render(
        request, "organise/team/team.html", {"programmes": programmes, "now": timezone.now()}
    )


@lead
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite somebody by mail."""
    programme = get_object_or_404(Programme.objects.led_by(_user(request)), slug=slug)
    form = InviteForm(
        request.POST if request.method == "POST" else None, initial={"language": get_language()}
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = rules.invite(
                programme,
                chosen["email"],
                chosen["role"],
                language=chosen["language"],
                by=actor_of(request),
                now=timezone.now(),
            )
        except TeamRefused as refusal:
            form.add_error("email", str(refusal))
        except NotTheirs as nothing:
            raise Http404 from nothing
        else:
            sentence = _("%(email)s is invited. The mail holds for two weeks.")
            messages.success(request, sentence % {"email": made.email})
            return redirect("portal:team")
    status = 422 if form.errors else 200
    context = {"programme": programme, "form": form}
    return render(request, "organise/team/invite.html", context, status=status)


def _led_invitation(request: HttpRequest, number: int) -> Invitation:
    led = Invitation.objects.filter(programme__in=Programme.objects.led_by(_user(request)))
    return get_object_or_404(led.select_related("programme"), pk=number)


@lead
@require_POST
def send_again(request: HttpRequest, number: int) -> HttpResponse:
    """Mail an invitation once more."""
    found = _led_invitation(request, number)
    try:
        rules.invite_again(found, by=actor_of(request), now=timezone.now())
    except TeamRefused as refusal:
        messages.error(request, str(refusal))
    except (NotTheirs, Invitation.DoesNotExist) as nothing:
        raise Http404 from nothing
    else:
        sentence = _("The invitation goes to %(email)s once more, and holds for two weeks again.")
        messages.success(request, sentence % {"email": found.email})
    return redirect("portal:team")


@lead
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take an invitation back."""
    found = _led_invitation(request, number)
    try:
        invitations.withdraw(found, by=actor_of(request), now=timezone.now())
    except NotTheirs as nothing:
        raise Http404 from nothing
    sentence = _("The invitation of %(email)s is withdrawn: its link opens nothing any more.")
    messages.success(request, sentence % {"email": found.email})
    return redirect("portal:team")


def _led_members(request: HttpRequest) -> QuerySet[Membership]:
    led = Programme.objects.led_by(_user(request))
    return Membership.objects.filter(programme__in=led).select_related("programme", "user")


@lead
@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: HttpRequest, number: int) -> HttpResponse:
    """Give a member another role."""
    member = get_object_or_404(_led_members(request), pk=number)
    form = RoleForm(
        request.POST if request.method == "POST" else None, initial={"role": member.role}
    )
    if request.method == "POST" and form.is_valid():
        try:
            changed = invitations.change_role(
                member, form.cleaned_data["role"], by=actor_of(request), now=timezone.now()
            )
        except TeamRefused as refusal:
            form.add_error("role", str(refusal))
        except (NotTheirs, Membership.DoesNotExist) as nothing:
            raise Http404 from nothing
        else:
            facts = {"name": changed.user, "role": changed.get_role_display()}
            messages.success(request, _("%(name)s is %(role)s now.") % facts)
            return _on_from(request)
    status = 422 if form.errors else 200
    context = {"member": member, "form": form}
    return render(request, "organise/team/member.html", context, status=status)


@lead
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask, and with POST take somebody's role away at once."""
    member = get_object_or_404(_led_members(request), pk=number)
    if request.method == "POST":
        try:
            invitations.remove(member, by=actor_of(request), now=timezone.now())
        except TeamRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:change-role", number)
        except (NotTheirs, Membership.DoesNotExist) as nothing:
            raise Http404 from nothing
        sentence = _("%(name)s does not work for %(programme)s any more.")
        messages.success(request, sentence % {"name": member.user, "programme": member.programme})
        return _on_from(request)
    context = {
        "member": member,
        "is_last_lead": member.role == Role.LEAD and invitations.is_last_lead(member),
        "invited": member.programme.invitations.filter(invited_by=member.user).count(),
    }
    return render(request, "organise/team/remove.html", context)


def _on_from(request: HttpRequest) -> HttpResponse:
    """To the team, or for who has just left it or leads no more, to where they may still be."""
    user = User.objects.get(pk=_user(request).pk)
    if user.is_organiser:
        return redirect("portal:team")
    return redirect("portal:organise" if user.is_member else "portal:me")


# Accepting ---------------------------------------------------------------------------------------


@token_holder
@require_safe
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """What somebody is invited to, and how they accept; opening it changes nothing."""
    return _show_invitation(request, code)


def _show_invitation(request: HttpRequest, code: str, *, status: int = 200) -> HttpResponse:
    found = Invitation.objects.by_code(code).select_related("programme", "invited_by").first()
    if found is None:
        return _say_gone(request, code)
    proved = mine.addresses(request.user) if isinstance(request.user, User) else []
    context = {
        "invitation": found,
        "role": Role(found.role),
        "holds": found.holds(timezone.now()),
        "is_theirs": found.email_key in {address_key(email) for email in proved},
        "has_account": accounts_of(found.email).exists(),
    }
    return render(request, "organise/team/invitation.html", context, status=status)


def _say_gone(request: HttpRequest, code: str) -> HttpResponse:
    """For a code of ours, that it was used or taken back; any other code is no page at all."""
    if not Invitation.was_coded(code):
        raise Http404
    return render(request, "organise/team/gone.html", status=404)


@token_holder
@require_POST
def accept(request: HttpRequest, code: str) -> HttpResponse:
    """Accept an invitation, signed in with the address it went to."""
    found = Invitation.objects.by_code(code).select_related("programme").first()
    if found is None:
        return _say_gone(request, code)
    if not isinstance(request.user, User):
        return redirect_to_login(found.get_absolute_url())
    given = invitations.accept(
        found,
        request.user,
        proved=mine.addresses(request.user),
        by=actor_of(request),
        now=timezone.now(),
    )
    if given is None:
        return _show_invitation(request, code, status=409)
    facts = {"programme": found.programme, "role": given.get_role_display()}
    messages.success(request, _("You work for %(programme)s now, as %(role)s.") % facts)
    return redirect("portal:organise")
