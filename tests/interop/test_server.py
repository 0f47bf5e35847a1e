"""A CalDAV server that keeps our entries, and a calendar that reads them back from it.

Radicale takes each entry apart and writes it anew; khal is what somebody looks at. Both see an
entry made, moved and cancelled, for every time and text that is awkward.
"""

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ical.entries import Entry, calendar
from tests.ical.build import make_entry
from tests.interop.cases import AWKWARD_TEXTS, PERIODS
from tests.interop.readers import Facts, read_with_icalendar

pytestmark = [pytest.mark.interop, pytest.mark.once]

COLLECTION = "/an/sessies/"
PATIENCE_SECONDS = 60
KHAL = """
[calendars]
[[sessies]]
path = {folder}/entries
type = calendar
[sqlite]
path = {folder}/khal.db
[default]
default_calendar = sessies
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M:00Z
longdatetimeformat = %Y-%m-%dT%H:%M:00Z
"""
_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"


@dataclass
class Server:
    """A running Radicale, spoken to as any calendar does (RFC 4791)."""

    port: int

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Status and body of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        key = base64.b64encode(b"an:x").decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": f"Basic {key}", **named})
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
        connection.close()
        return status, content

    def keep(self, entry: Entry) -> None:
        """Store an entry, over what was stored of it."""
        status, answer = self.ask(
            "PUT",
            f"{COLLECTION}{entry.uid}.ics",
            calendar([entry]),
            Content_Type="text/calendar; charset=utf-8",
        )
        assert status in {201, 204}, answer.decode()

    def entries(self, between: str = "") -> dict[str, bytes]:
        """What it holds, by UID; only what takes place within a time range, where one is given."""
        query = (
            '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            "<D:prop><C:calendar-data/></D:prop><C:filter>"
            '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
            f"{between}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        )
        status, answer = self.ask(
            "REPORT", COLLECTION, query.encode(), Depth="1", Content_Type="application/xml"
        )
        assert status == 207, answer.decode()
        found = {}
        for response in ElementTree.fromstring(answer).iter(f"{_DAV}response"):  # noqa: S314 - ours
            href, data = response.find(f"{_DAV}href"), response.find(f".//{_CALDAV}calendar-data")
            assert href is not None and href.text and data is not None and data.text
            found[Path(href.text).stem] = data.text.encode()
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Radicale on a port of its own, with an empty calendar."""
    folder = tmp_path_factory.mktemp("radicale")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "--config": "",
        "--server-hosts": f"127.0.0.1:{port}",
        "--storage-filesystem-folder": str(folder),
        "--auth-type": "none",
        "--logging-level": "error",
    }
    command = [sys.executable, "-m", "radicale"]
    for name, value in options.items():
        command += [name, value]
    with subprocess.Popen(command) as process:
        try:
            running = Server(port)
            _wait_for(running)
            assert running.ask("MKCALENDAR", COLLECTION)[0] == 201
            yield running
        finally:
            process.terminate()


def _wait_for(server: Server) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        try:
            server.ask("OPTIONS", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"Radicale does not answer on port {server.port}.")


def shown_by_khal(entries: dict[str, bytes], folder: Path) -> dict[str, dict[str, str]]:
    """What khal shows of each entry, by UID."""
    (folder / "entries").mkdir(parents=True)
    for uid, content in entries.items():
        (folder / "entries" / f"{uid}.ics").write_bytes(content)
    config = folder / "config"
    config.write_text(KHAL.format(folder=folder))
    names = ("uid", "title", "description", "location", "start", "end", "status", "all-day")
    command = [
        str(Path(sys.executable).with_name("khal")), "-c", str(config), "list", "--once",
        *(f"--json={name}" for name in names), "2026-01-01", "2040-01-01",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, check=True)
    rows = [row for line in ran.stdout.decode().splitlines() for row in json.loads(line)]
    assert len(rows) == len(entries)
    return {row["uid"]: row for row in rows}


def made() -> list[Entry]:
    """An entry for each awkward time, each with another awkward text."""
    # vobject, with which Radicale reads, loses a folded line of nothing but blanks.
    texts = cycle(text for text in AWKWARD_TEXTS if " " * 100 not in text)
    return [
        make_entry(
            uid=f"entry-{number}",
            summary=f"Titel {text}",
            description=text,
            location="Zaal; links, \\ boven",
            starts_at=starts_at,
            ends_at=ends_at,
            categories=("Taal, tekst", "AI; wet"),
            url="https://sessies.example.be/één;a,b?x=%20",
        )
        for number, ((starts_at, ends_at, _written), text) in enumerate(
            zip(PERIODS.values(), texts, strict=False)
        )
    ]


def later(entry: Entry, **facts: Any) -> Entry:
    """The entry a day after, with something that matters told anew."""
    at = entry.stamp + timedelta(days=1)
    return replace(entry, sequence=entry.sequence + 1, stamp=at, modified_at=at, **facts)


def told_by_reader(content: bytes) -> Facts:
    (facts,) = read_with_icalendar(content)
    return facts


def test_server_keeps_what_a_reader_finds_and_a_calendar_shows_it(
    server: Server, tmp_path: Path
) -> None:
    moved = [later(entry) for entry in made()]
    created = [
        replace(entry, sequence=0, starts_at=at, ends_at=at + timedelta(hours=1))
        for entry in moved
        for at in [moved[0].stamp]
    ]
    cancelled = [later(entry, status="CANCELLED") for entry in moved]

    for number, stage in enumerate((created, moved, cancelled)):
        for entry in stage:
            server.keep(entry)
        kept = server.entries()
        shown = shown_by_khal(kept, tmp_path / str(number))

        assert kept.keys() == {entry.uid for entry in stage}
        for entry in stage:
            ours, theirs = told_by_reader(calendar([entry])), told_by_reader(kept[entry.uid])
            assert theirs == ours
            row = shown[entry.uid]
            assert (row["title"], row["description"], row["location"], row["status"]) == (
                ours["summary"], ours["description"], ours["location"], entry.status,
            )  # fmt: skip
            last = str(entry.ends_at) if entry.is_all_day else ours["end"]
            assert (row["start"], row["end"]) == (ours["start"], last)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        # The day of the deadline holds it; the day after, on which it ends, does not.
        ("20261213T000000Z", "20261214T000000Z", {"one whole day", "until midnight"}),
        ("20261214T000000Z", "20261215T000000Z", set()),
        # Both half past twos, each in its own hour.
        ("20261025T003000Z", "20261025T010000Z", {"first half past two"}),
        ("20261025T020000Z", "20261025T023000Z", {"second half past two"}),
        ("20261231T230000Z", "20270101T000000Z", {"last day of the year", "turn of the year"}),
    ],
)
def test_server_finds_entries_where_they_take_place(
    server: Server, start: str, end: str, found: set[str]
) -> None:
    for entry in made():
        server.keep(entry)

    kept = server.entries(f'<C:time-range start="{start}" end="{end}"/>')

    names = dict(zip((entry.uid for entry in made()), PERIODS, strict=True))
    all_night = {"all the long night", "day of 25 hours"}
    assert {names[uid] for uid in kept} - all_night == found
