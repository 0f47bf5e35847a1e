"""A form whose sender has to sign in first, or to prove again whose page it is: nothing is lost.

What was typed goes back to the browser in a page that can send it once more. The server keeps none
of it. Another site's form is never kept: its sender would send it with one press.
"""

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

_SAFE = {"GET", "HEAD", "OPTIONS"}


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to signing in; a form of ours that somebody has just sent waits for them."""
    return keep_for(request, redirect_to_login(page_of(request)))


def keep_for(request: HttpRequest, way: HttpResponseRedirect) -> HttpResponse:
    """The way that somebody has to go first, beside what they typed where that would be lost."""
    return _page(request, way.url) if _is_own_form(request) else way


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's refusal of a form with an old mark, as after signing in anew in another tab."""
    return _page(request, "") if _is_own_form(request) else render(request, "403.html", status=403)


def page_of(request: HttpRequest) -> str:
    """The page that somebody is at: where they sent a form from, whose address may show nothing."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    if request.method in _SAFE or came_from.netloc != request.get_host():
        return request.get_full_path()
    return came_from._replace(scheme="", netloc="", fragment="").geturl()


def _is_own_form(request: HttpRequest) -> bool:
    """Whether a browser says that a page of ours sent a form, whose answer it shows as a page.

    Scripts of ours keep themselves what they send. No page can set these headers.
    """
    sent = request.headers
    return (
        request.method == "POST"
        and sent.get("Sec-Fetch-Site") == "same-origin"
        and sent.get("Sec-Fetch-Mode") == "navigate"
    )


def _page(request: HttpRequest, way: str) -> HttpResponse:
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
    context = {"typed": typed, "way": way, "has_files": bool(request.FILES)}
    answer = render(request, "send_again.html", context, status=403)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
