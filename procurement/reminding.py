"""Reminders of deadlines: what is due to whom, kept so that nobody gets one twice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from mailing.models import Message
from moments.local import BRUSSELS, day_before, start_of_day
from procurement import following, messages
from procurement.models import OFFSETS, Deadline, Follow, Follower, Reminder

MORNING = time(8)
# A reminder can be due this long before its deadline, with a day to spare for zones.
_HORIZON = timedelta(days=max(OFFSETS) + 2)
_ONE_DAY = timedelta(days=1)


def due_at(deadline: Deadline, days_before: int) -> datetime:
    """When a reminder is due: 8u00 in Brussels, so many days before the deadline's last day.

    Days of the calendar, also over a change of the clocks.
    """
    noon_that_day = start_of_day(deadline.closing.last_day, BRUSSELS) + timedelta(hours=12)
    return day_before(noon_that_day, BRUSSELS, days=days_before, at=MORNING)


def plan(now: datetime) -> None:
    """Put in the reminders that have become due; forget who never confirmed.

    Looks at what is owed, not at the clock's last tick: what was due while no worker ran still
    goes, as one reminder a deadline; what lies before a date was known, or before somebody
    followed, does not, since they read the date then.
    """
    following.forget_unconfirmed(now)
    near = Deadline.objects.for_pages().to_meet().coming(now).filter(closes_at__lt=now + _HORIZON)
    for deadline in near:
        due = {days: moment for days in OFFSETS if (moment := due_at(deadline, days)) <= now}
        owed = {days: moment for days, moment in due.items() if moment > deadline.dated_at}
        if owed:
            _plan_one(deadline, owed, now)


def _plan_one(deadline: Deadline, due: dict[int, datetime], now: datetime) -> None:
    """Remind everybody who follows it and has not been reminded for the latest reason they chose.

    `due` holds the days before, with the moment at which each reminder was due.
    """
    # The fewest days come first: of several that are late, only the last makes sense.
    reasons = [
        When(Q(confirmed_at__lt=moment, **{f"days_{days}": True}), then=Value(days))
        for days, moment in sorted(due.items())
    ]
    known = Reminder.objects.filter(
        follower=OuterRef("follower"),
        deadline=deadline,
        version=deadline.sequence,
        days_before__lte=OuterRef("reason"),
    )
    owed = (
        Follow.objects.confirmed()
        .about(deadline.call)
        .annotate(reason=Case(*reasons, output_field=IntegerField()))
        .filter(~Exists(known), reason__isnull=False)
        .order_by("reason", "pk")
        .values_list("follower_id", "reason")
    )
    first: dict[int, int] = {}
    for follower_id, reason in owed:
        first.setdefault(follower_id, reason)
    if first:
        _remind(deadline, first, now)


@transaction.atomic
def _remind(deadline: Deadline, reasons: dict[int, int], now: datetime) -> None:
    """Keep a reminder for each follower and see that a mail carries it: today's, or the next."""
    today = now.astimezone(BRUSSELS).date()
    followers = Follower.objects.in_bulk(list(reasons))
    gone = _mails_gone(followers.values(), today)
    mail_dates: dict[date, list[Follower]] = defaultdict(list)
    for follower in followers.values():
        mail_dates[today + _ONE_DAY if follower.pk in gone else today].append(follower)
    for mail_date, people in mail_dates.items():
        Reminder.objects.bulk_create(
            [
                Reminder(
                    follower=follower,
                    deadline=deadline,
                    days_before=reasons[follower.pk],
                    version=deadline.sequence,
                    mail_date=mail_date,
                )
                for follower in people
            ],
            ignore_conflicts=True,
        )
        messages.remind(
            people, mail_date, due_at=now if mail_date == today else _morning(mail_date)
        )


def _mails_gone(followers: Iterable[Follower], today: date) -> set[int]:
    """Whose mail of today has been taken up already, so that it carries nothing more."""
    keys = {messages.reminder_key(follower, today): follower.pk for follower in followers}
    # Locked: no worker takes one up while we add to it.
    there = Message.objects.select_for_update().filter(key__in=keys)
    return {
        keys[message.key]
        for message in there
        if message.state != Message.State.WAITING or message.lease_until is not None
    }


def _morning(day: date) -> datetime:
    return day_before(start_of_day(day, BRUSSELS), BRUSSELS, days=0, at=MORNING)
