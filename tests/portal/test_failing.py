"""What a visitor reads when database, disk or program fail."""

import errno

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from accounts.access import anyone

FAILURES: dict[str, Exception] = {
    "database": OperationalError("server closed the connection unexpectedly"),
    "connection": InterfaceError("connection already closed"),
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "store": OSError("The object store: no answer"),
    "missing": FileNotFoundError(errno.ENOENT, "No such file or directory"),
    "fault": ValueError("secret of An Peeters"),
}


@anyone
def fail(_request: HttpRequest, how: str) -> HttpResponse:
    """A view that fails."""
    raise FAILURES[how]


urlpatterns = [path("fail/<str:how>/", fail), path("", include("portal.urls"))]
handler500 = "portal.views.failing.failed"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("database", 503),
        ("connection", 503),
        ("full", 503),
        ("store", 503),
        ("missing", 500),
        ("fault", 500),
    ],
)
def test_what_passes_by_itself_says_when_to_come_back(how: str, status: int) -> None:
    answer = Client(raise_request_exception=False).get(f"/fail/{how}/")

    page = answer.content.decode()
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("10" if status == 503 else None)
    assert "kan geen kwaad" in page
    assert "Peeters" not in page
    assert page.count("<h1") == 1
