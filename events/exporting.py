"""The attendee list as a file: CSV for a spreadsheet, or a workbook with real dates.

Made step by step, so that a page can tell how many rows are done; a making that is closed halfway
leaves nothing behind. A file is handed out only once it is whole.
"""

import csv
import io
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.spreadsheets import harmless
from accounts.underway import Steps
from events.attendees import Cell, Column
from events.models import Registration

ROWS_AT_ONCE = 500
ROWS_A_STEP = 100
_WIDE, _NARROW = 32, 18


def as_csv(columns: list[Column], rows: Iterable[Registration], zone: ZoneInfo) -> Steps[IO[bytes]]:
    """A CSV file as Excel in Dutch opens it: UTF-8 with a mark, semicolons, everything quoted.

    A text that a spreadsheet would take for a formula has an apostrophe before it. Moments are on
    the clock of `zone`.
    """
    with ExitStack() as unfinished:
        # To the disk, so that a list of any length takes little memory.
        file = unfinished.enter_context(tempfile.TemporaryFile())
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        text.write("\ufeff")
        writer.writerow([harmless(str(column.label)) for column in columns])
        for number, row in enumerate(rows, start=1):
            writer.writerow([harmless(_as_text(column.cell(row), zone)) for column in columns])
            if number % ROWS_A_STEP == 0:
                yield number
        text.detach()  # also writes what it still held
        file.seek(0)
        unfinished.pop_all()
    return file


def _as_text(cell: Cell | Promise, zone: ZoneInfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    if isinstance(cell, datetime):
        return f"{cell.astimezone(zone):%Y-%m-%d %H:%M}"
    return str(cell)


def as_workbook(
    columns: list[Column], rows: Iterable[Registration], zone: ZoneInfo
) -> Steps[IO[bytes]]:
    """A workbook (XLSX): one sheet, its first row fixed and with filters, moments as real dates.

    Every text is written as a text: never a formula, link or number.
    """
    with ExitStack() as unfinished:
        file = unfinished.enter_context(tempfile.TemporaryFile())
        # Row by row to the disk, so that a list of any length takes little memory.
        workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
        sheet = workbook.add_worksheet(_("Attendees")[:31])
        heading = workbook.add_format({"bold": True, "bottom": 1})
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
        for position, column in enumerate(columns):
            sheet.set_column(position, position, _WIDE if column.is_personal else _NARROW)
            sheet.write_string(0, position, str(column.label), heading)
        last = 0
        for last, row in enumerate(rows, start=1):
            for position, column in enumerate(columns):
                cell = column.cell(row)
                if isinstance(cell, datetime):
                    local = cell.astimezone(zone).replace(tzinfo=None)
                    sheet.write_datetime(last, position, local, moment)
                elif cell is not None:
                    sheet.write_string(last, position, _as_text(cell, zone))
            if last % ROWS_A_STEP == 0:
                yield last
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        workbook.close()
        file.seek(0)
        unfinished.pop_all()
    return file
