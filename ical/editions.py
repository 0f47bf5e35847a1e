"""Whether calendars and public pages say the same as before, by one question to the database.

A feed of a thousand sessions takes half a second to make. What may change it is written in few
tables, and each writing of one of those takes a step (`ical.watching`).
"""

import random

from django.db import connection, transaction

from ical.models import EditionStep


def current() -> int:
    """The edition: another number after any change that a calendar or a public page may show.

    Ask it before reading what a calendar is made of. Then a change in between belongs to a later
    edition than the one under which the calendar is remembered, and is never missed.
    """
    # In the words that cost the least: it is asked all the time.
    with connection.cursor() as cursor:
        cursor.execute('SELECT coalesce(sum(token), 0) FROM "ical_editionstep"')
        return int(cursor.fetchone()[0])


@transaction.atomic
def shorten() -> None:
    """Let a single step stand for all there are: each of them is read with every question."""
    EditionStep.objects.all().delete()
    EditionStep.objects.create(token=random.getrandbits(60))
