"""What is too large to be read at all, and what no page may use of a visitor's machine."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# A list of people to import is at most a fifth of this; the longest form is far smaller.
LARGEST_BODY_BYTES = 5_000_000
# A document of a trajectory or slides, with what a browser writes around it.
LARGEST_UPLOAD_BYTES = 10_500_000
# Passkeys, and copying an address, are all that our pages ask of a browser.
_ALLOWED = ("publickey-credentials-create", "publickey-credentials-get", "clipboard-write")
_FORBIDDEN = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
)
PERMISSIONS_POLICY = ", ".join(
    [f"{name}=(self)" for name in _ALLOWED] + [f"{name}=()" for name in _FORBIDDEN]
)
_TAKES_FILES = re.compile(
    r"(/fr|/en)?/(me/trajectories/[^/]+/documents/|speakers/[^/]+/(slides|profile)/"
    r"|organise/sessions/[^/]+/materials/add-file/)"
)


def limit_body(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Refuse a request by the length it announces, before any of it is read (RFC 9110 15.5.14).

    A body without a length is none to Django, so this is the only way in.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        takes_files = _TAKES_FILES.fullmatch(request.path_info)
        longest = LARGEST_UPLOAD_BYTES if takes_files else LARGEST_BODY_BYTES
        if length.isdecimal() and int(length) > longest:
            return render(request, "413.html", status=413)
        return get_response(request)

    return answer


def forbid_devices(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Say which features of a browser no page of ours, and nothing in it, may use."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answer
