"""Which mails followers get, and what they say."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from mailing import outbox
from mailing.letters import Fact, Letter, NotWanted
from mailing.models import Message
from moments import words
from moments.edges import Edge
from moments.local import BRUSSELS
from procurement import calendars
from procurement.models import Call, Change, Deadline, Follow, Follower

CONFIRM = "procurement.confirm"
CHANGED = "procurement.changed"
REMINDERS = "procurement.reminders"

# Owing -------------------------------------------------------------------------------------------


def ask_to_confirm(follow: Follow, *, now: datetime) -> None:
    """Ask the owner of the address whether they want this: once an hour at most, by its key."""
    outbox.put(
        [
            outbox.Draft(
                key=f"follow:{follow.pk}:confirm:{now:%Y%m%d%H}",
                kind=CONFIRM,
                object_id=follow.pk,
                recipient=follow.follower.email,
                due_at=now,
            )
        ]
    )


def tell_of_changes(call: Call, changes: Sequence[Change], *, now: datetime) -> int:
    """Tell everybody who follows the call of these changes, in one mail; how many people."""
    followers = Follower.objects.filter(
        pk__in=Follow.objects.confirmed().about(call).values("follower")
    ).order_by("pk")
    numbers = [change.pk for change in changes]
    drafts = [
        outbox.Draft(
            key=f"follower:{follower.pk}:changes:{numbers[0]}",
            kind=CHANGED,
            object_id=follower.pk,
            recipient=follower.email,
            due_at=now,
            payload={"changes": numbers},
        )
        for follower in followers
    ]
    outbox.put(drafts)
    return len(drafts)


def reminder_key(follower: Follower, mail_date: date) -> str:
    """The key of the one mail a day that carries reminders."""
    return f"follower:{follower.pk}:reminders:{mail_date}"


def remind(followers: Iterable[Follower], mail_date: date, *, due_at: datetime) -> None:
    """See that the mail of a day goes out to each of these people."""
    outbox.put(
        outbox.Draft(
            key=reminder_key(follower, mail_date),
            kind=REMINDERS,
            object_id=follower.pk,
            recipient=follower.email,
            due_at=due_at,
            priority=Message.Priority.BULK,
            payload={"date": mail_date.isoformat()},
        )
        for follower in followers
    )


# Saying ------------------------------------------------------------------------------------------


def compose(message: Message, now: datetime) -> Letter:
    """The letter of a message, from what is true now, in the language of its reader.

    Raises `NotWanted` where it makes no sense any more.
    """
    if message.kind == CONFIRM:
        return _write_confirm(message)
    follower = Follower.objects.filter(pk=message.object_id).first()
    if follower is None:
        raise NotWanted(gettext_noop("The person has stopped these mails."))
    with translation.override(follower.language):
        return _WRITERS[message.kind](follower, message, now)


def _write_confirm(message: Message) -> Letter:
    follow = (
        Follow.objects.select_related("follower", "call", "theme")
        .filter(pk=message.object_id)
        .first()
    )
    if follow is None:
        raise NotWanted(gettext_noop("What was asked for is no longer there."))
    follower = follow.follower
    with translation.override(follow.language):
        if follow.confirmed_at is not None:
            return Letter(
                recipient=follower.email,
                language=follow.language,
                subject=_("You follow this already: %(title)s") % {"title": follow.subject},
                heading=_("You follow this already"),
                greeting=_("Hello,"),
                opening=[
                    _("You need not do anything. With the button you see all that you follow.")
                ],
                facts=_facts_of(follow),
                button=(_("What you follow"), absolute(follower.get_absolute_url())),
                stop_url=absolute(follower.get_stop_url()),
            )
        confirm = reverse("procurement:confirm", kwargs={"code": follow.confirming_code})
        return Letter(
            recipient=follower.email,
            language=follow.language,
            subject=_("Confirm that you follow: %(title)s") % {"title": follow.subject},
            heading=_("One more step"),
            greeting=_("Hello,"),
            opening=[
                _("Somebody, probably you, asked to get our mails about deadlines at this address.")
            ],
            facts=_facts_of(follow),
            button=(_("Confirm"), absolute(confirm)),
            closing=[
                _("You can confirm until %(moment)s.")
                % {"moment": words.moment(follow.kept_until, BRUSSELS)},
                _("Was it not you? Then do nothing: you get no mails, and we forget your address."),
            ],
        )


def _facts_of(follow: Follow) -> list[tuple[str, str]]:
    return [(_("What"), follow.subject), (_("Reminders"), offsets_in_words(follow.offsets))]


def offsets_in_words(offsets: Sequence[int]) -> str:
    """When reminders come: "30, 14, 7 en 1 dag vooraf"; without any, that none come."""
    if not offsets:
        return _("none, only when a date changes")
    listed = ", ".join(str(days) for days in offsets[:-1])
    last = ngettext("%(days)d day ahead", "%(days)d days ahead", offsets[-1]) % {
        "days": offsets[-1]
    }
    return _("%(list)s and %(last)s") % {"list": listed, "last": last} if listed else last


def _write_changed(follower: Follower, message: Message, now: datetime) -> Letter:
    changes = list(
        Change.objects.select_related("call", "call__programme")
        .filter(pk__in=message.payload["changes"])
        .order_by("pk")
    )
    if not changes or changes[0].call.is_draft:
        raise NotWanted(gettext_noop("The call is no longer there."))
    call = changes[0].call
    reasons = list(dict.fromkeys(change.reason for change in changes if change.reason))
    opening = [f"{change.sentence().removesuffix('.')}." for change in changes]
    opening += [_("Reason: %(reason)s") % {"reason": reason} for reason in reasons]
    coming = Deadline.objects.for_pages().coming(now).filter(call=call)
    file = calendars.published(_changed_deadlines(call, changes, now), now=now)
    contact_name, contact_email = call.contact
    all_news = {change.news for change in changes}
    news = all_news.pop() if len(all_news) == 1 else _("Changed")
    return Letter(
        recipient=follower.email,
        language=follower.language,
        subject=_("%(news)s: %(title)s") % {"news": news, "title": call.title},
        heading=news,
        greeting=_("Hello,"),
        opening=opening,
        facts=[(_("Call"), call.title), *((row.step, _in_full(row)) for row in coming)],
        organiser=call.programme.name_in_full,
        colour=call.programme.colour,
        button=(_("To the call's page"), absolute(call.get_absolute_url())),
        closing=list(_consequences(changes, call, has_file=file is not None)),
        calendar=file,
        foot_links=_foot_links(follower),
        contact_name=contact_name,
        reply_to=contact_email,
        stop_url=absolute(follower.get_stop_url()),
    )


def _consequences(changes: Sequence[Change], call: Call, *, has_file: bool) -> Iterable[str]:
    """What a change means for reminders and for one's calendar."""
    kinds = {change.what for change in changes}
    if call.is_cancelled:
        yield _("We remind you of it no more.")
    elif call.is_suspended:
        yield _("As long as the call is suspended we send no reminders of it.")
    elif kinds & {Change.What.ADDED, Change.What.MOVED, Change.What.REINSTATED}:
        yield _("Reminders follow the dates that hold now.")
    if has_file and (call.is_cancelled or kinds == {Change.What.CANCELLED}):
        yield _("The attached file marks the date as cancelled in your calendar.")
    elif has_file:
        yield _(
            "The attached file puts what holds now in your calendar. A calendar that you "
            "subscribed to changes by itself."
        )


def _changed_deadlines(call: Call, changes: Sequence[Change], now: datetime) -> Iterable[Deadline]:
    """Those whose entry in a calendar changed; with the call itself, all that are not past."""
    of_call = Deadline.objects.filter(call=call).for_pages().with_changes()
    if any(change.what == Change.What.STATUS for change in changes):
        return of_call.filter(closes_at__gt=now)
    return of_call.filter(pk__in=[change.deadline_id for change in changes])


def _in_full(deadline: Deadline) -> str:
    """The date with all that one could be mistaken about."""
    closing = deadline.closing
    said = closing.wording()
    # "Vóór 8 juni" is over on the 8th; a date without an hour or of another zone says too little.
    if (
        closing.edge == Edge.BEFORE_DATE
        or not closing.hour_is_stated
        or closing.zone.key != BRUSSELS.key
    ):
        said = _("%(wording)s, open %(reading)s") % {"wording": said, "reading": closing.reading()}
    if not deadline.is_confirmed:
        said = _("%(wording)s. This date is still to be confirmed.") % {"wording": said}
    return said


def _write_reminders(follower: Follower, message: Message, now: datetime) -> Letter:
    # What was moved since is not in it: reminders of the new date are planned anew.
    coming = list(
        Deadline.objects.for_pages()
        .with_changes()
        .coming(now)
        .filter(
            reminders__follower=follower,
            reminders__mail_date=message.payload["date"],
            reminders__version=F("sequence"),
        )
        .distinct()
    )
    if not coming:
        raise NotWanted(gettext_noop("The deadline is past, or was moved."))
    first, *others = coming
    left = words.days_left(first.closes_at, now, first.zone)
    is_one_call = len({deadline.call_id for deadline in coming}) == 1
    contact_name, contact_email = first.call.contact if is_one_call else ("", "")
    programmes = {deadline.call.programme for deadline in coming}
    programme = first.call.programme if len(programmes) == 1 else None
    subject = _("%(days_left)s: %(title)s") % {
        "days_left": capfirst(left),
        "title": _title_with_step(first),
    }
    return Letter(
        recipient=follower.email,
        language=follower.language,
        subject=ngettext(
            "%(first)s, and %(number)d other deadline",
            "%(first)s, and %(number)d other deadlines",
            len(others),
        )
        % {"first": subject, "number": len(others)}
        if others
        else subject,
        heading=ngettext(
            "%(number)d deadline comes nearer", "%(number)d deadlines come nearer", len(coming)
        )
        % {"number": len(coming)}
        if others
        else _("%(label)s: %(value)s") % {"label": first.step, "value": left},
        greeting=_("Hello,"),
        opening=[_("You asked to be reminded of this:")],
        preheader=_("%(label)s: %(value)s") % {"label": first.step, "value": _in_full(first)},
        facts=[row for deadline in coming for row in _near(deadline, now)]
        if others
        else _alone(first, now),
        button=(_("To the call's page"), absolute(first.call.get_absolute_url()))
        if is_one_call
        else (_("All deadlines"), absolute(reverse("portal:deadlines"))),
        foot_links=_foot_links(follower),
        closing=[_("The attached file puts it in your calendar.")],
        calendar=calendars.published(coming, now=now),
        organiser=programme.name_in_full if programme else "",
        colour=programme.colour if programme else "",
        contact_name=contact_name,
        reply_to=contact_email,
        stop_url=absolute(follower.get_stop_url()),
    )


def _title_with_step(deadline: Deadline) -> str:
    """The call's title, with the step in brackets where that is not the submission itself."""
    if deadline.kind == Deadline.Kind.SUBMISSION:
        return deadline.call.title
    return _("%(title)s (%(step)s)") % {
        "title": deadline.call.title,
        "step": deadline.get_kind_display(),
    }


def _alone(deadline: Deadline, now: datetime) -> list[tuple[str, str]]:
    """The rows of a mail about one deadline."""
    return [(_("Call"), deadline.call.title), *_dates(deadline, now)]


def _near(deadline: Deadline, now: datetime) -> list[Fact]:
    """The rows of one deadline among others: how long one still has, for what, and until when."""
    left = capfirst(words.days_left(deadline.closes_at, now, deadline.zone))
    page = absolute(deadline.call.get_absolute_url())
    return [(left, deadline.call.title, page), *_dates(deadline, now)]


def _dates(deadline: Deadline, now: datetime) -> list[tuple[str, str]]:
    ask_by = _day_to_ask(deadline, now)
    rows = [(deadline.step, _in_full(deadline))]
    if ask_by:
        rows.append((_("Ask for the intake talk"), _("%(day)s at the latest") % {"day": ask_by}))
    return rows


def _day_to_ask(deadline: Deadline, now: datetime) -> str:
    """Until which day one can ask for the intake talk; empty where it is past or none is due."""
    ask_by = deadline.latest_day_to_ask
    if ask_by is None or ask_by < now.astimezone(deadline.zone).date():
        return ""
    return words.weekday_date(ask_by)


_WRITERS: dict[str, Callable[[Follower, Message, datetime], Letter]] = {
    CHANGED: _write_changed,
    REMINDERS: _write_reminders,
}


def _foot_links(follower: Follower) -> list[tuple[str, str]]:
    return [
        (_("What you follow, and when we remind you"), absolute(follower.get_absolute_url())),
        (_("Stop these mails"), absolute(follower.get_stop_url())),
    ]


def absolute(path: str) -> str:
    """A page's address as it stands in a mail."""
    return urljoin(settings.SITE_URL, path)
