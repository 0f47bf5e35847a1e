from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from ical.entries import calendar
from ical.responses import calendar_response
from tests.ical.build import make_entry

CHANGED_AT = datetime(2026, 11, 2, 9, 30, 0, 700_000, tzinfo=UTC)
BODY = calendar([make_entry()])


def get(body: bytes = BODY, **headers: str) -> HttpResponse:
    request = RequestFactory().get("/sessions/calendar.ics", headers=headers)
    return calendar_response(request, body, last_modified=CHANGED_AT)


def test_feed_is_a_calendar_and_no_attachment() -> None:
    response = get()

    assert response.status_code == 200
    assert response.content == BODY
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Last-Modified"] == "Mon, 02 Nov 2026 09:30:00 GMT"
    assert "Content-Disposition" not in response
    assert not response.cookies


def test_etag_is_strong_and_follows_the_bytes() -> None:
    etag = get()["ETag"]

    assert etag.startswith('"')
    assert get()["ETag"] == etag
    assert get(calendar([make_entry(sequence=1)]))["ETag"] != etag


@pytest.mark.parametrize("seen", ["{}", "W/{}", '"other", {}', "*"])
def test_client_that_has_these_bytes_gets_304_without_content(seen: str) -> None:
    etag = get()["ETag"]

    response = get(if_none_match=seen.format(etag))

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Last-Modified"] == "Mon, 02 Nov 2026 09:30:00 GMT"


def test_client_with_other_bytes_gets_the_new_ones() -> None:
    etag = get()["ETag"]

    response = get(calendar([]), if_none_match=etag)

    assert response.status_code == 200
    assert response.content == calendar([])


def test_etag_wins_over_the_date_when_an_entry_left_without_moving_it() -> None:
    etag = get()["ETag"]

    response = get(
        calendar([]), if_none_match=etag, if_modified_since="Mon, 02 Nov 2026 09:30:00 GMT"
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Mon, 02 Nov 2026 09:29:59 GMT", 200),
        ("Mon, 02 Nov 2026 09:30:00 GMT", 304),
        ("Tue, 03 Nov 2026 00:00:00 GMT", 304),
        ("yesterday", 200),
    ],
)
def test_client_that_sends_only_a_date_is_answered_by_it(since: str, status: int) -> None:
    assert get(if_modified_since=since).status_code == status


def test_date_is_not_trusted_where_there_is_none() -> None:
    request = RequestFactory().get(
        "/", headers={"if-modified-since": "Mon, 02 Nov 2099 09:30:00 GMT"}
    )

    response = calendar_response(request, BODY)

    assert response.status_code == 200
    assert "Last-Modified" not in response


def test_head_has_the_headers_of_get_and_no_content() -> None:
    request = RequestFactory().head("/sessions/calendar.ics")

    response = calendar_response(request, BODY, last_modified=CHANGED_AT)

    assert response.content == b""
    assert dict(response.items()) == dict(get().items())
    assert response["Content-Length"] == str(len(BODY))


def test_head_of_known_bytes_is_304() -> None:
    request = RequestFactory().head("/", headers={"if-none-match": get()["ETag"]})

    assert calendar_response(request, BODY).status_code == 304


def test_download_has_its_name_also_with_accents() -> None:
    request = RequestFactory().get("/")

    plain = calendar_response(request, BODY, filename="sessie.ics")
    accented = calendar_response(request, BODY, filename="één.ics")

    assert plain["Content-Disposition"] == 'attachment; filename="sessie.ics"'
    assert accented["Content-Disposition"] == "attachment; filename*=utf-8''%C3%A9%C3%A9n.ics"


def test_name_of_a_download_cannot_add_a_header() -> None:
    response = calendar_response(
        RequestFactory().get("/"), BODY, filename='a\r\nSet-Cookie: b=c"; x="'
    )

    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''a%0D%0ASet-Cookie%3A%20b%3Dc%22%3B%20x%3D%22"
    )


@pytest.mark.parametrize(
    ("is_public", "max_age", "expected"),
    [
        (False, timedelta(0), "private, no-cache"),
        (False, timedelta(minutes=5), "private, max-age=300"),
        (True, timedelta(0), "public, no-cache"),
        (True, timedelta(minutes=5), "public, max-age=300"),
        (True, timedelta(microseconds=1), "public, no-cache"),
    ],
)
def test_shared_caches_keep_only_what_is_public_and_only_so_long(
    is_public: bool, max_age: timedelta, expected: str
) -> None:
    response = calendar_response(
        RequestFactory().get("/"), BODY, is_public=is_public, max_age=max_age
    )

    assert response["Cache-Control"] == expected


def test_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        calendar_response(
            RequestFactory().get("/"),
            BODY,
            last_modified=CHANGED_AT.replace(tzinfo=None),
        )
