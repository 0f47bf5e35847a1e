"""One table of times and texts for every reader, writer and server: the edges of a calendar."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")

AWKWARD_TEXTS = [
    'Een; twee, drie: \\ en "vier"',
    "C:\\Nieuw\\nota's en \\N, \\;",
    "END:VEVENT\nBEGIN:VEVENT\nUID:x",
    "regel 1\n\n\n  regel 4, ingesprongen\n\ttab",
    "\\" * 200,
    "é" * 200,
    "👩‍💻" * 60,
    " ".join(["woord"] * 80),
    "a" + " " * 150 + "b",
    "Ĳzer, cœur, straße, Ωμέγα, עברית, 日本語",
    "e\u0301 en é, ﬁ, \u202eomgekeerd\u202c",
    "https://example.be/?a=1&b=%2C;c#d",
    "100 % ^n ^' ^^",
    # Ten thousand characters, of every width, with all that has to be escaped.
    ("Gegevensbescherming, één; 👩‍💻 \\ en verder\n\n" * 250)[:9_999] + ".",
]

# How it starts and ends: (start, end, the start and end every reader must tell).
PERIODS = {
    "afternoon": (
        datetime(2026, 12, 10, 14, 5, tzinfo=BRUSSELS),
        datetime(2026, 12, 10, 16, 30, tzinfo=BRUSSELS),
        ("2026-12-10T13:05:00Z", "2026-12-10T15:30:00Z"),
    ),
    "summer": (
        datetime(2026, 6, 10, 14, 5, tzinfo=BRUSSELS),
        datetime(2026, 6, 10, 16, 30, tzinfo=BRUSSELS),
        ("2026-06-10T12:05:00Z", "2026-06-10T14:30:00Z"),
    ),
    "over midnight": (
        datetime(2026, 6, 11, 22, 0, tzinfo=BRUSSELS),
        datetime(2026, 6, 12, 1, 0, tzinfo=BRUSSELS),
        ("2026-06-11T20:00:00Z", "2026-06-11T23:00:00Z"),
    ),
    "short night": (
        datetime(2026, 3, 29, 1, 30, tzinfo=BRUSSELS),
        datetime(2026, 3, 29, 3, 30, tzinfo=BRUSSELS),
        ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
    ),
    "all the long night": (
        datetime(2026, 10, 24, 22, 0, tzinfo=BRUSSELS),
        datetime(2026, 10, 25, 4, 0, tzinfo=BRUSSELS),
        ("2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z"),
    ),
    "first half past two": (
        datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BRUSSELS),
        ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
    ),
    "second half past two": (
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BRUSSELS),
        datetime(2026, 10, 25, 3, 30, tzinfo=BRUSSELS),
        ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"),
    ),
    # As a deadline at 24u00 stands among the appointments.
    "until midnight": (
        datetime(2026, 12, 13, 23, 30, tzinfo=BRUSSELS),
        datetime(2026, 12, 14, 0, 0, tzinfo=BRUSSELS),
        ("2026-12-13T22:30:00Z", "2026-12-13T23:00:00Z"),
    ),
    "turn of the year": (
        datetime(2026, 12, 31, 22, 0, tzinfo=BRUSSELS),
        datetime(2027, 1, 1, 2, 0, tzinfo=BRUSSELS),
        ("2026-12-31T21:00:00Z", "2027-01-01T01:00:00Z"),
    ),
    "one whole day": (date(2026, 12, 13), date(2026, 12, 13), ("2026-12-13", "2026-12-14")),
    "last day of the year": (date(2026, 12, 31), date(2026, 12, 31), ("2026-12-31", "2027-01-01")),
    "leap day": (date(2028, 2, 28), date(2028, 2, 29), ("2028-02-28", "2028-03-01")),
    "day of 25 hours": (date(2026, 10, 25), date(2026, 10, 25), ("2026-10-25", "2026-10-26")),
    "day of 23 hours": (date(2026, 3, 29), date(2026, 3, 29), ("2026-03-29", "2026-03-30")),
    "after 2038": (
        datetime(2039, 7, 1, 9, 0, tzinfo=BRUSSELS),
        datetime(2039, 7, 1, 10, 0, tzinfo=BRUSSELS),
        ("2039-07-01T07:00:00Z", "2039-07-01T08:00:00Z"),
    ),
}
