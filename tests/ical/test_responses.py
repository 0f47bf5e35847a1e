import gzip
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from ical import editions, responses
from ical.entries import calendar
from ical.responses import Contents, Made, feed, private_response, public_response
from tests.ical.build import make_entry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, 30, 0, 700_000, tzinfo=UTC)
BODY = calendar([make_entry()])
LONG = calendar([make_entry(description="a" * 2_000)])
ADDRESS = "/sessions/calendar.ics"


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    """Each test is a process that has just started."""
    responses._known.clear()


class Maker:
    """Makes a calendar, and counts how often it had to."""

    def __init__(self, body: bytes = BODY, until: datetime | None = None) -> None:
        self.made = Made(body, until)
        self.times = 0

    def __call__(self) -> Made:
        self.times += 1
        return self.made


def get(
    make: Maker | None = None, *, now: datetime = NOW, address: str = ADDRESS, **headers: str
) -> HttpResponse:
    request = RequestFactory().get(address, headers=headers)
    return public_response(request, make or Maker(), now=now)


# What it is --------------------------------------------------------------------------------------


def test_feed_is_a_calendar_and_no_attachment() -> None:
    response = get()

    assert response.status_code == 200
    assert response.content == BODY
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Content-Disposition" not in response
    assert not response.cookies


def test_feed_says_how_often_to_look_again_in_both_ways() -> None:
    body = feed(Contents([make_entry()]), name="Sessies").body

    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT4H\r\n" in body
    assert b"\r\nX-PUBLISHED-TTL:PT4H\r\n" in body


def test_two_contents_together_hold_until_the_first_of_them_changes() -> None:
    early, late = NOW, NOW + timedelta(days=1)
    first, second = make_entry(uid="a"), make_entry(uid="b")

    both = Contents([first], until=late) + Contents([second], until=early)

    assert both == Contents([first, second], until=early)
    assert Contents([first], until=None) + Contents() == Contents([first])
    assert (Contents() + Contents(until=early)).until == early


# Asking under a condition ------------------------------------------------------------------------


def test_etag_is_strong_and_follows_the_bytes() -> None:
    etag = get()["ETag"]

    assert etag.startswith('"')
    responses._known.clear()
    assert get()["ETag"] == etag
    assert get(Maker(calendar([make_entry(sequence=1)])), address="/other")["ETag"] != etag


@pytest.mark.parametrize("seen", ["{}", "W/{}", '"other", {}', "*"])
@pytest.mark.parametrize("is_known", [True, False])
def test_client_that_has_these_bytes_gets_304_without_content(seen: str, is_known: bool) -> None:
    etag = get()["ETag"]
    if not is_known:
        responses._known.clear()
    make = Maker()

    response = get(make, if_none_match=seen.format(etag))

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag
    assert response["Cache-Control"] == "public, no-cache"
    assert make.times == (0 if is_known else 1)


def test_client_with_other_bytes_gets_these() -> None:
    get()

    response = get(if_none_match='"other"')

    assert (response.status_code, response.content) == (200, BODY)


@pytest.mark.parametrize("method", ["get", "head"])
def test_who_asks_for_bytes_that_are_gone_is_told_so(method: str) -> None:
    request = getattr(RequestFactory(), method)(ADDRESS, headers={"if-match": '"other"'})

    assert public_response(request, Maker(), now=NOW).status_code == 412


def test_head_has_the_headers_of_get_and_no_content() -> None:
    response = public_response(RequestFactory().head(ADDRESS), Maker(), now=NOW)

    assert response.content == b""
    assert dict(response.items()) == dict(get().items())
    assert response["Content-Length"] == str(len(BODY))


@pytest.mark.parametrize("is_known", [True, False])
def test_head_of_bytes_that_one_has_is_304(is_known: bool) -> None:
    etag = get()["ETag"]
    if not is_known:
        responses._known.clear()
    request = RequestFactory().head(ADDRESS, headers={"if-none-match": etag})

    assert public_response(request, Maker(), now=NOW).status_code == 304


# Remembering -------------------------------------------------------------------------------------


def test_edition_makes_a_calendar_anew_and_same_bytes_keep_their_tag() -> None:
    etag = get()["ETag"]
    editions.shorten()
    make = Maker()

    response = get(make, if_none_match=etag)

    assert (response.status_code, make.times) == (304, 1)


def test_calendar_that_changed_is_never_taken_for_the_one_that_is_remembered() -> None:
    etag = get()["ETag"]
    editions.shorten()
    other = Maker(calendar([]))

    response = get(other, if_none_match=etag)

    assert (response.status_code, response.content) == (200, calendar([]))


def test_clock_makes_a_calendar_anew_at_the_moment_something_leaves() -> None:
    leaves_at = NOW + timedelta(days=3)
    etag = get(Maker(until=leaves_at))["ETag"]
    before, at = Maker(until=leaves_at), Maker(calendar([]))
    second = timedelta(seconds=1)

    assert get(before, now=leaves_at - second, if_none_match=etag).status_code == 304
    assert get(at, now=leaves_at, if_none_match=etag).status_code == 200
    assert (before.times, at.times) == (0, 1)


def test_addresses_are_told_apart_by_their_parameters() -> None:
    etag = get(address="/a.ics?theme=x")["ETag"]
    make = Maker(calendar([]))

    response = get(make, address="/a.ics?theme=y", if_none_match=etag)

    assert (response.status_code, make.times) == (200, 1)


def test_change_while_a_calendar_is_made_belongs_to_the_next_edition() -> None:
    """The bytes may hold the change already; what counts is that nobody keeps older ones."""

    class Changing(Maker):
        def __call__(self) -> Made:
            editions.shorten()
            return super().__call__()

    etag = get(Changing())["ETag"]
    later = Maker(calendar([]))

    assert get(later, if_none_match=etag).content == calendar([])


def test_process_remembers_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "REMEMBERED", 3)

    for number in range(10):
        get(address=f"/{number}")

    assert [path for _host, path, _query in responses._known] == ["/7", "/8", "/9"]


# Who sends a date and no tag ---------------------------------------------------------------------


def test_date_is_told_once_nobody_can_have_other_bytes_under_it() -> None:
    first = get()
    soon = get(now=NOW + timedelta(seconds=4))
    later = get(now=NOW + timedelta(minutes=1))

    assert ["Last-Modified" in each for each in (first, soon, later)] == [False, False, True]
    assert later["Last-Modified"] == "Mon, 02 Nov 2026 09:30:06 GMT"


def test_client_that_sends_only_that_date_gets_304_until_the_bytes_change() -> None:
    get()
    later = NOW + timedelta(minutes=1)
    date = get(now=later)["Last-Modified"]
    same = get(now=later, if_modified_since=date)
    editions.shorten()

    changed = get(Maker(calendar([])), now=later, if_modified_since=date)
    and_later = get(Maker(calendar([])), now=later + timedelta(minutes=1), if_modified_since=date)

    assert [each.status_code for each in (same, changed, and_later)] == [304, 200, 200]


def test_date_stays_where_an_edition_changed_nothing_here() -> None:
    get()
    later = NOW + timedelta(minutes=1)
    date = get(now=later)["Last-Modified"]
    editions.shorten()

    assert get(now=later, if_modified_since=date).status_code == 304


def test_process_that_has_just_started_trusts_no_date() -> None:
    assert get(if_modified_since="Mon, 02 Nov 2099 09:30:00 GMT").status_code == 200


def test_etag_wins_over_the_date() -> None:
    get()
    later = NOW + timedelta(minutes=1)
    date = get(now=later)["Last-Modified"]

    response = get(now=later, if_none_match='"other"', if_modified_since=date)

    assert response.status_code == 200


# Sharing, names, packing -------------------------------------------------------------------------


def test_shared_caches_keep_only_what_is_public() -> None:
    request = RequestFactory().get(ADDRESS)

    private = private_response(request, BODY, now=NOW)

    assert private["Cache-Control"] == "private, no-cache"
    assert get()["Cache-Control"] == "public, no-cache"


def test_private_calendar_is_remembered_by_nobody_and_still_gives_304() -> None:
    request = RequestFactory().get(ADDRESS)
    etag = private_response(request, BODY, now=NOW)["ETag"]

    again = RequestFactory().get(ADDRESS, headers={"if-none-match": etag})

    assert private_response(again, BODY, now=NOW).status_code == 304
    assert not responses._known
    assert "Last-Modified" not in private_response(request, BODY, now=NOW + timedelta(days=1))


def test_download_has_its_name_also_with_accents() -> None:
    def named(filename: str) -> str:
        request = RequestFactory().get(ADDRESS)
        return private_response(request, BODY, now=NOW, filename=filename)["Content-Disposition"]

    assert named("sessie.ics") == 'attachment; filename="sessie.ics"'
    assert named("één.ics") == "attachment; filename*=utf-8''%C3%A9%C3%A9n.ics"
    assert named('a\r\nSet-Cookie: b=c"; x="') == (
        "attachment; filename*=utf-8''a%0D%0ASet-Cookie%3A%20b%3Dc%22%3B%20x%3D%22"
    )


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("deflate,gzip ; q=1.0", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("xgzip", False),
    ],
)
def test_calendar_travels_packed_only_for_who_takes_it(accepted: str, is_packed: bool) -> None:
    response = get(Maker(LONG), accept_encoding=accepted)

    assert response.get("Content-Encoding") == ("gzip" if is_packed else None)
    assert (gzip.decompress(response.content) if is_packed else response.content) == LONG
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]


def test_packed_calendar_has_a_tag_of_its_own_that_gives_304() -> None:
    plain, packed = get(Maker(LONG)), get(Maker(LONG), accept_encoding="gzip")

    again = get(Maker(LONG), accept_encoding="gzip", if_none_match=packed["ETag"])

    assert plain["ETag"] != packed["ETag"]
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == packed["ETag"]


def test_short_calendar_is_not_packed() -> None:
    assert "Content-Encoding" not in get(Maker(calendar([])), accept_encoding="gzip")
