"""Other programs' understanding of a calendar, all told in the same words.

Each reader gives a dict per entry: `uid`, `sequence`, `start` and `end` ("2026-12-13T12:00:00Z", or
"2026-12-13" for a whole day), `summary`, `description`, `location`, `url`, `status`,
`transparency`, `categories`, `organiser` and `attendee` ({"email", "name"} or None), `method`.
What is absent is "", 0, [] or None.

ical.js is what Thunderbird reads with, libical what Evolution and KOrganizer read with. A reader
that is missing skips the test with the command that brings it; REQUIRE_ALL=1 makes that a failure.
"""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

import icalendar
import pytest
import recurring_ical_events
import vobject

HERE = Path(__file__).parent

Facts = dict[str, Any]


def read_with_ical_js(data: bytes) -> list[Facts]:
    node = shutil.which("node")
    if node is None:
        missing("Node, version 18 or newer (Debian: apt-get install nodejs npm)")
    if not (HERE / "node_modules" / "ical.js").is_dir():
        missing("ical.js: npm ci --prefix tests/interop")
    facts: list[Facts] = json.loads(_run([node, str(HERE / "read_ical_js.js")], data))
    return facts


def read_with_postal_mime(mails: Sequence[bytes]) -> list[Facts]:
    """What another program finds in mails: headers, texts, attachments as type, method, bytes."""
    node = shutil.which("node")
    if node is None:
        missing("Node, version 18 or newer (Debian: apt-get install nodejs npm)")
    if not (HERE / "node_modules" / "postal-mime").is_dir():
        missing("postal-mime: npm ci --prefix tests/interop")
    encoded = json.dumps([b64encode(mail).decode() for mail in mails])
    facts: list[Facts] = json.loads(_run([node, str(HERE / "read_mails.js")], encoded.encode()))
    return facts


def read_with_libical(data: bytes) -> list[Facts]:
    facts: list[Facts] = _ask_libical(data)["facts"]
    for entry in facts:
        for person in (entry["organiser"], entry["attendee"]):
            if person is not None:
                person["email"] = unquote(person["email"])
    return facts


def complaints_of_libical(data: bytes) -> list[str]:
    """What libical could not parse, and what breaks RFC 5545 or the method's table in RFC 5546."""
    complaints: list[str] = _ask_libical(data)["complaints"]
    return complaints


def read_with_vobject(data: bytes) -> list[Facts]:
    calendar = vobject.readOne(data.decode())
    return [
        {
            "uid": _vobject_value(event, "uid"),
            "sequence": int(_vobject_value(event, "sequence") or 0),
            "start": _written(_vobject_value(event, "dtstart")),
            "end": _written(_vobject_value(event, "dtend")),
            "summary": _vobject_value(event, "summary"),
            "description": _vobject_value(event, "description"),
            "location": _vobject_value(event, "location"),
            "url": _vobject_value(event, "url"),
            "status": _vobject_value(event, "status"),
            "transparency": _vobject_value(event, "transp"),
            "categories": list(_vobject_value(event, "categories")),
            "organiser": _vobject_person(event, "organizer"),
            "attendee": _vobject_person(event, "attendee"),
            "method": _vobject_value(calendar, "method"),
        }
        for event in calendar.contents.get("vevent", [])
    ]


def read_with_icalendar(data: bytes) -> list[Facts]:
    """What many programs in Python read with."""
    calendar = icalendar.Calendar.from_ical(data)
    method = str(calendar.get("method", ""))
    return [_icalendar_facts(event, method) for event in calendar.walk("VEVENT")]


def read_with_recurring_ical_events(data: bytes) -> list[Facts]:
    """When things happen, as programs work it out that show a calendar rather than its file."""
    calendar = icalendar.Calendar.from_ical(data)
    method = str(calendar.get("method", ""))
    happening = recurring_ical_events.of(calendar).all()
    facts = [_icalendar_facts(event, method) for event in happening]
    return sorted(facts, key=lambda each: (each["start"], each["uid"]))


def _icalendar_facts(event: icalendar.Event, method: str) -> Facts:
    return {
        "uid": str(event.get("uid", "")),
        "sequence": int(event.get("sequence", 0)),
        "start": _written(event["dtstart"].dt),
        "end": _written(event["dtend"].dt),
        "summary": str(event.get("summary", "")),
        "description": str(event.get("description", "")),
        "location": str(event.get("location", "")),
        "url": str(event.get("url", "")),
        "status": str(event.get("status", "")),
        "transparency": str(event.get("transp", "")),
        "categories": [str(each) for each in event.categories],
        "organiser": _icalendar_person(event.get("organizer")),
        "attendee": _icalendar_person(event.get("attendee")),
        "method": method,
    }


READERS = [
    read_with_ical_js,
    read_with_libical,
    read_with_vobject,
    read_with_icalendar,
    read_with_recurring_ical_events,
]


def missing(what: str) -> NoReturn:
    """Skip the test, naming what to install; REQUIRE_ALL=1 makes that a failure."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, but this is missing: {what}")
    pytest.skip(f"This is missing: {what}")


def _run(command: list[str], data: bytes) -> bytes:
    ran = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout


def _ask_libical(data: bytes) -> dict[str, Any]:
    program = _libical_program()
    if program is None:
        missing("a C compiler and libical (Debian: apt-get install gcc libical-dev)")
    answer: dict[str, Any] = json.loads(_run([program], data))
    return answer


@functools.cache
def _libical_folder() -> tempfile.TemporaryDirectory[str]:
    """Where the program is built; removed when Python ends."""
    return tempfile.TemporaryDirectory(prefix="read_libical_")


@functools.cache
def _libical_program() -> str | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = str(Path(_libical_folder().name) / "read_libical")
    source = str(HERE / "read_libical.c")
    command = [compiler, "-std=gnu11", "-Wall", "-Werror", "-o", program, source, "-lical"]
    built = subprocess.run(command, capture_output=True, timeout=120, check=False)
    if built.returncode and b"libical/ical.h" in built.stderr:
        return None
    assert built.returncode == 0, built.stderr.decode()
    return program


def _written(moment: datetime | date | str) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat() if isinstance(moment, date) else moment


def _vobject_value(component: Any, name: str) -> Any:
    return component.getChildValue(name, "")


def _vobject_person(event: Any, name: str) -> dict[str, str] | None:
    properties = event.contents.get(name)
    if not properties:
        return None
    parameters = properties[0].params.get("CN", [""])
    return {
        "email": unquote(properties[0].value.removeprefix("mailto:")),
        # RFC 6868 is not known here: "^^" is how it writes "^".
        "name": parameters[0].replace("^^", "^"),
    }


def _icalendar_person(address: icalendar.vCalAddress | None) -> dict[str, str] | None:
    if address is None:
        return None
    return {"email": unquote(address.email), "name": str(address.params.get("CN", ""))}
