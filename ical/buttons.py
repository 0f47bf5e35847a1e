"""Addresses behind "add to calendar" for calendars on the web, and to subscribe to a feed.

Google and Microsoft document none of this; the forms are those that the makers of calendar links
keep testing (InteractionDesignFoundation/add-event-to-calendar-docs, August 2026).
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from itertools import accumulate
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from ical.entries import Entry
from ical.texts import clean, one_line

GOOGLE = "https://calendar.google.com/calendar/render"
# This path opens the form on telephones too; outlook.office.com fails where its successor works.
OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"
OFFICE = "https://outlook.cloud.microsoft/calendar/deeplink/compose"

GOOGLE_FEED = "https://calendar.google.com/calendar/r"
OUTLOOK_FEED = "https://outlook.live.com/calendar/0/addfromweb"
OFFICE_FEED = "https://outlook.office.com/calendar/0/addfromweb"

# Characters. Microsoft's sign-in carries the whole address along, encoded once more, and refuses
# it when that grows too long ("AADSTS90015: Requested query string is too long").
MAXIMUM_LENGTH = 1_500


@dataclass(frozen=True)
class Way:
    """A way into one sort of calendar: its name, where it leads, and what to know of it."""

    name: str
    address: str
    sentence: str
    is_download: bool = False


def ways_to_subscribe(https_address: str, *, name: str) -> list[Way]:
    """How to subscribe to a feed in each sort of calendar, in the active language.

    The address itself always works too, pasted where a program asks for one.
    """
    webcal = webcal_address(https_address)
    microsoft = urlencode({"url": https_address, "name": one_line(name)}, quote_via=quote)
    return [
        Way(
            "Microsoft 365",
            f"{OFFICE_FEED}?{microsoft}",
            _("For an account of work or school; it looks again every few hours."),
        ),
        Way(
            "Outlook.com",
            f"{OUTLOOK_FEED}?{microsoft}",
            _("For an account of your own at Microsoft; it looks again every few hours."),
        ),
        Way(
            "Google",
            f"{GOOGLE_FEED}?{urlencode({'cid': webcal}, quote_via=quote)}",
            _("In the browser of a computer; Google looks again after 8 to 24 hours."),
        ),
        Way(
            "Apple",
            webcal,
            _("On iPhone, iPad and Mac; you choose how often it looks again."),
        ),
        Way(
            _("Outlook on your computer, Thunderbird and others"),
            webcal,
            _("If nothing opens, paste the address where you add a calendar from the internet."),
        ),
    ]


def ways_to_add(entry: Entry, *, file_address: str) -> list[Way]:
    """How to put one entry in each sort of calendar, once, in the active language.

    Times are told in UTC; Google is told in which zone to show them, where `starts_at` has one.
    """
    return [
        Way(
            "Microsoft 365",
            office_address(entry),
            _("For an account of work or school: opens a filled-in form in the browser."),
        ),
        Way(
            "Outlook.com",
            outlook_address(entry),
            _("For an account of your own at Microsoft: opens a filled-in form in the browser."),
        ),
        Way(
            "Google",
            google_address(entry),
            _("Opens a filled-in form in the browser, with the time zone of the session."),
        ),
        Way(
            _("Apple, Outlook on your computer, Thunderbird"),
            file_address,
            _("A file (.ics) that your calendar opens; it does not change by itself later."),
            is_download=True,
        ),
    ]


def google_address(entry: Entry) -> str:
    """Google Calendar's form, filled in; the times in UTC, shown in the entry's own zone.

    That zone is named when `starts_at` carries one (a ZoneInfo); stored moments are in UTC, and
    then Google shows its user's zone.
    """
    fields = {
        "action": "TEMPLATE",
        "text": one_line(entry.summary),
        "dates": f"{_compact(entry.dtstart)}/{_compact(entry.dtend)}",
        "location": one_line(entry.location),
        "ctz": _zone_name(entry),
    }
    if not entry.is_busy:
        # Google looks at the first for timed entries and at the second for whole days.
        fields |= {"trp": "false", "crm": "AVAILABLE"}
    return _address(GOOGLE, fields, "details", entry)


def outlook_address(entry: Entry) -> str:
    """The form of Outlook.com, for personal accounts, filled in; the times in UTC."""
    return _microsoft_address(OUTLOOK, entry)


def office_address(entry: Entry) -> str:
    """The form of Microsoft 365, for accounts of work or school, filled in; the times in UTC."""
    return _microsoft_address(OFFICE, entry)


def webcal_address(https_address: str) -> str:
    """A feed's address as Apple's and desktop calendars want it, to subscribe at one click.

    Outlook on the web and Google want the https address itself, so always show that one too.
    Raises ValueError for what is not a web address.
    """
    parts = urlsplit(https_address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"Not a web address: {https_address!r}")
    return urlunsplit(parts._replace(scheme="webcal"))


def _microsoft_address(form: str, entry: Entry) -> str:
    fields = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": one_line(entry.summary),
        "startdt": _extended(entry.dtstart),
        "enddt": _extended(entry.dtend),
        "location": one_line(entry.location),
        "allday": "true" if entry.is_all_day else "",
        "freebusy": "" if entry.is_busy else "free",
    }
    # The body is read as HTML: a bare line break would be lost, a "<" would begin an element.
    return _address(form, fields, "body", entry, is_html=True)


def _address(
    form: str, fields: dict[str, str], text_field: str, entry: Entry, *, is_html: bool = False
) -> str:
    """The form's address with the fields that say something, then as much text as still fits."""
    told = {field: value for field, value in fields.items() if value}
    # Outlook shows a "+" as it is, so a space has to be %20.
    address = f"{form}?{urlencode(told, safe='/:', quote_via=quote)}&{text_field}="
    text = _fitting_text(entry, MAXIMUM_LENGTH - len(address), is_html=is_html)
    return address + text if text else address.removesuffix(f"&{text_field}=")


def _fitting_text(entry: Entry, room: int, *, is_html: bool) -> str:
    """The description and the page's address, encoded; a long description ends in "…" instead."""
    description = clean(entry.description)
    page = "" if entry.url in description else f"\n\n{entry.url}"
    whole = _encoded((description + page).strip(), is_html=is_html)
    if len(whole) <= room:
        return whole
    ending = f" …\n\n{entry.url}".rstrip()
    sizes = list(accumulate(len(_encoded(character, is_html=is_html)) for character in description))
    kept = description[: bisect_right(sizes, room - len(_encoded(ending, is_html=is_html)))]
    # Half a word would be a broken link where the word is one.
    kept = re.sub(r"\S*\Z", "", kept).rstrip()
    shortened = _encoded(kept + ending if kept else entry.url, is_html=is_html)
    return shortened if len(shortened) <= room else ""


def _encoded(text: str, *, is_html: bool) -> str:
    return quote(escape(text).replace("\n", "<br>") if is_html else text, safe="/:")


def _compact(moment: datetime | date) -> str:
    return _extended(moment).replace("-", "").replace(":", "")


def _extended(moment: datetime | date) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _zone_name(entry: Entry) -> str:
    zone = entry.starts_at.tzinfo if isinstance(entry.starts_at, datetime) else None
    name = zone.key if isinstance(zone, ZoneInfo) else ""
    return "" if name in {"UTC", "Etc/UTC"} else name
