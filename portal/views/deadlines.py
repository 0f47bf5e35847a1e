"""The tracker: calls with their deadlines, the next first, over a year and as a list."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import same_for_all
from events.messages import absolute
from ical.buttons import webcal_address
from portal.cards import cards_of
from portal.timeline import year_from
from procurement.announcing import figure_in_words
from procurement.choosing import FilterForm, choose
from procurement.models import Call, Figure

PAGE_SIZE = 20


@same_for_all
@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """The calls that search and filters leave, the next deadline first."""
    now = timezone.now()
    form = FilterForm(request.GET)
    calls = choose(form, now)
    numbers = calls.in_order(now).values_list("pk", flat=True)
    page = Paginator(numbers, PAGE_SIZE).get_page(request.GET.get("page"))
    cards = cards_of(Call.objects.for_cards().in_full(page, now))
    is_first_page = page.number == 1
    is_filtered = bool(form.chosen)
    has_next = is_first_page and bool(cards) and cards[0].rank == Call.COMING
    # Of a search that finds no date the year would show sessions alone.
    has_year = is_first_page and (has_next or not is_filtered)
    parameters = request.GET.copy()
    parameters.pop("page", None)
    query = f"?{parameters.urlencode()}" if parameters else ""
    feed_address = absolute(reverse("procurement:calendar")) + query
    return render(
        request,
        "portal/deadlines.html",
        {
            "form": form,
            "is_filtered": is_filtered,
            "filters": form.removable(),
            "page": page,
            "next_card": cards[0] if has_next else None,
            "cards": cards[1:] if has_next else cards,
            "months": year_from(now, calls, form.chosen.get("theme")) if has_year else [],
            "figures": [(figure, figure_in_words(figure)) for figure in Figure.objects.all()],
            "query": query,
            "feed_address": feed_address,
            "subscribe_address": webcal_address(feed_address),
            "now": now,
        },
    )
