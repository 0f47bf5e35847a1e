"""Remembering outside the database who was erased, so that no restored backup brings them back.

The log has a line for each erasure: the instant and the mark, nothing else. What the database and
the log know, each tells the other: a log that could not be written gets its lines the next night.
"""

import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from accounts.models import Erasure

logger = logging.getLogger("accounts")

Line = tuple[str, datetime]
_LINE = re.compile(r"(\S+) ([0-9a-f]{64})")


def remember(marks: list[str], *, now: datetime) -> None:
    """Keep that what has these marks was erased: a row with the transaction, a line once it holds.

    `marks` come from `accounts.models.erasure`, the one of the current key first.
    """
    Erasure.objects.get_or_create(mark=marks[0], erased_at=now)
    transaction.on_commit(partial(_append, [(marks[0], now)]))


def known() -> dict[str, datetime]:
    """Of every mark the latest moment, from database and log, each of which gets what it lacks."""
    rows = set(Erasure.objects.values_list("mark", "erased_at"))
    lines = _read(is_expected=bool(rows))
    Erasure.objects.bulk_create(
        [Erasure(mark=mark, erased_at=at) for mark, at in sorted(lines - rows)],
        ignore_conflicts=True,
        batch_size=500,
    )
    _append(sorted(rows - lines))
    # The latest of a mark comes last, and stays.
    return dict(sorted(rows | lines))


def latest(marks: Iterable[str], erased: dict[str, datetime]) -> datetime | None:
    """When what has these marks was last erased; None if it never was."""
    return max((erased[mark] for mark in marks if mark in erased), default=None)


def _append(lines: list[Line]) -> None:
    """Write lines at the end of the log, down to the disk.

    The erasure itself holds already: a log that cannot be written is for the operator to hear of.
    """
    if not lines:
        return
    path = settings.ERASURE_LOG
    text = "".join(f"{at.astimezone(UTC).isoformat()} {mark}\n" for mark, at in lines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("ab", buffering=0) as log:
            log.write(("" if _ends_a_line() else "\n").encode() + text.encode())
            os.fsync(log.fileno())
    except OSError as error:
        logger.error(  # noqa: TRY400 - the sentence says it all
            "The erasure log %s cannot be written (%s). Data was erased, but a backup restored now"
            " would bring it back. Mend it: the next night writes what is missing.",
            path,
            error.strerror,
        )


def _ends_a_line() -> bool:
    """Whether the log ends with a whole line; a machine that died while writing may have cut it."""
    content = settings.ERASURE_LOG
    with content.open("rb") as log:
        if log.seek(0, os.SEEK_END) == 0:
            return True
        log.seek(-1, os.SEEK_END)
        return log.read(1) == b"\n"


def _read(*, is_expected: bool) -> set[Line]:
    """The lines of the log; what is no line is skipped, with one warning for all of them."""
    path = settings.ERASURE_LOG
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as error:
        if is_expected or not isinstance(error, FileNotFoundError):
            logger.warning("The erasure log %s cannot be read (%s).", path, error.strerror)
        return set()
    lines: set[Line] = set()
    skipped = 0
    for written in filter(None, text.splitlines()):
        line = _line(written)
        if line is None:
            skipped += 1
        else:
            lines.add(line)
    if skipped:
        logger.warning("The erasure log %s has %s lines that say nothing.", path, skipped)
    return lines


def _line(written: str) -> Line | None:
    found = _LINE.fullmatch(written)
    try:
        moment = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
    if found is None or moment is None or moment.tzinfo is None:
        return None
    return found[2], moment
