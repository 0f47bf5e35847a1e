"""The addresses that get no mail any more, for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import administrator
from accounts.auditing import actor_of, record
from accounts.models import Action
from mailing import hearing
from mailing.models import SuppressedAddress

PAGE_SIZE = 50


@administrator
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """The addresses, the latest first, with what the other server said."""
    page = Paginator(SuppressedAddress.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "organise/addresses.html", {"page": page})


@administrator
@require_POST
def clear(request: HttpRequest, number: int) -> HttpResponse:
    """Let an address have mail again."""
    with transaction.atomic():
        row = hearing.clear(number)
        if row is None:
            raise Http404
        record(Action.ADDRESS_CLEARED, by=actor_of(request), now=timezone.now())
    messages.success(request, _("%(address)s gets mail again.") % {"address": row.address})
    return redirect("mailing:addresses")
