"""What is too large to be read at all."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Nothing is uploaded here; the longest form of an organiser is far smaller.
LARGEST_BODY_BYTES = 5_000_000


def limit_body(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Refuse a request by the length it announces, before any of it is read (RFC 9110 15.5.14).

    A body without a length is none to Django, so this is the only way in.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > LARGEST_BODY_BYTES:
            return render(request, "413.html", status=413)
        return get_response(request)

    return answer
