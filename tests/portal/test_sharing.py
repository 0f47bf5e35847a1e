"""What other programs show of a page that somebody shares."""

import json
import re
import struct
from urllib.parse import urlsplit

import pytest
from django.test import Client

from events.models import Session
from events.rescheduling import When, move
from portal.sharing import session_picture
from tests import build

pytestmark = pytest.mark.django_db
EVENT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def content_of(page: str, name: str) -> str:
    found = re.search(rf'<meta property="{name}" content="([^"]*)">', page)
    assert found, f"no {name}"
    return found[1]


def event_of(page: str) -> dict[str, object]:
    (written,) = EVENT.findall(page)
    said: dict[str, object] = json.loads(written)
    return said


@pytest.mark.parametrize("path", ["/sessions/ai/", "/en/sessions/ai/", "/deadlines/oproep/"])
def test_shared_page_names_a_picture_by_what_it_shows(path: str) -> None:
    build.make_session(slug="ai")
    build.make_deadline(call=build.make_call(slug="oproep"))
    client = Client()
    address = content_of(client.get(path).content.decode(), "og:image")

    answer = client.get(address)

    assert urlsplit(address).netloc
    assert answer.headers["Content-Type"] == "image/png"
    assert struct.unpack(">II", answer.content[16:24]) == (1200, 630)
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    again = client.get(address, headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age=3600" in client.get(address.partition("?")[0]).headers["Cache-Control"]


def test_picture_has_another_address_after_a_change_and_no_other_before() -> None:
    session = build.make_session()
    first = session_picture(session).digest

    session.description_nl = "Staat niet op de prent."
    same = session_picture(session).digest
    session.starts_at += build.days(1)

    assert same == first
    assert session_picture(session).digest != first


@pytest.mark.parametrize("title", ['#panic() <b>"\\', "日本 ∑ \u202e", "W" * 200])
def test_picture_takes_any_title_as_words(title: str) -> None:
    assert session_picture(build.make_session(title=title)).png.startswith(b"\x89PNG")


def test_draft_has_no_picture(client: Client) -> None:
    build.make_session(slug="ontwerp", status=Session.Status.DRAFT)

    assert client.get("/sessions/ontwerp/picture.png").status_code == 404


def test_event_tells_search_engines_all_but_the_link() -> None:
    session = build.make_session(slug="ai", link=build.LINK, title="Los </script><b> & 'AI'")
    build.make_speaker(build.make_agenda_item(session), name="An Janssens")

    page = Client().get("/sessions/ai/").content.decode()

    said = event_of(page)
    assert said["name"] == "Los </script><b> & 'AI'"
    assert said["startDate"] == "2027-06-10T14:00:00+02:00"
    assert said["location"] == [{"@type": "VirtualLocation", "url": said["url"]}]
    assert said["performer"] == [{"@type": "Person", "name": "An Janssens"}]
    assert build.LINK not in page


def test_event_says_that_it_moved_and_that_it_is_cancelled() -> None:
    session = build.make_session(slug="ai", attendance="on_site", venue="Gent")
    before = session.starts_at
    move(session, When(before + build.days(7), session.ends_at + build.days(7)), now=build.NOW)
    client = Client()
    moved = event_of(client.get("/sessions/ai/").content.decode())

    Session.objects.update(status=Session.Status.CANCELLED)
    cancelled = event_of(client.get("/sessions/ai/").content.decode())

    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert moved["previousStartDate"] == "2027-06-10T14:00:00+02:00"
    assert moved["location"] == [{"@type": "Place", "name": "Gent", "address": "Gent"}]
    assert cancelled["eventStatus"] == "https://schema.org/EventCancelled"
