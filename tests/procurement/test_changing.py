from datetime import date, time, timedelta

import pytest
from django.db import transaction

from accounts.models import Theme
from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement import changing
from procurement.changing import Edit, ReasonMissing, note_status, save_deadline, tell_followers
from procurement.models import Call, Change, Deadline, Follow
from tests.build import NOW, days, make_call, make_deadline, make_user
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db

FORMER = Closing.from_local(Edge.AT_TIME, date(2027, 9, 24), None, BRUSSELS)
LATER = Closing.from_local(Edge.AT_TIME, date(2027, 10, 1), None, BRUSSELS)


def move(deadline: Deadline, to: Closing, *, reason: str = "Uitstel") -> Change | None:
    deadline.edge, deadline.closes_at = to.edge, to.closes_at
    deadline.is_hour_stated = to.hour_is_stated
    return save_deadline(deadline, Edit(None, NOW, reason))


def test_change_keeps_old_new_who_when_and_why() -> None:
    deadline, editor = make_deadline(closing=FORMER), make_user()
    deadline.closes_at = LATER.closes_at

    change = save_deadline(deadline, Edit(editor, NOW, "Veel vragen"))

    assert change is not None
    kept = Change.objects.get()
    assert (kept.old_closing, kept.new_closing) == (FORMER, LATER)
    assert (kept.changed_by, kept.changed_at, kept.reason) == (editor, NOW, "Veel vragen")
    assert kept.deadline == deadline


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        (
            LATER,
            (
                "Indiendatum verlengd van vrijdag 24 september 2027 om 24u00"
                " naar vrijdag 1 oktober 2027 om 24u00"
            ),
        ),
        (
            Closing.from_local(Edge.AT_TIME, date(2027, 9, 24), time(12), BRUSSELS),
            ("Indiendatum vervroegd: vrijdag 24 september 2027 om 12u00 in plaats van 24u00"),
        ),
        (
            Closing.from_local(Edge.THROUGH_DATE, date(2027, 10, 1), None, BRUSSELS),
            (
                "Indiendatum verlengd: tot en met vrijdag 1 oktober 2027"
                " in plaats van uiterlijk vrijdag 24 september 2027 om 24u00"
            ),
        ),
        (
            Closing.from_local(Edge.THROUGH_DATE, date(2027, 9, 24), None, BRUSSELS),
            (
                "Indiendatum anders verwoord: tot en met vrijdag 24 september 2027, 23u59"
                " (Brusselse tijd)"
            ),
        ),
    ],
)
def test_move_is_said_with_both_dates(to: Closing, sentence: str) -> None:
    change = move(make_deadline(closing=FORMER), to)

    assert change is not None
    assert change.sentence() == sentence


def test_past_date_is_set_right_with_a_trace_and_without_a_mail() -> None:
    past = Closing.from_local(Edge.ON_DATE, date(2027, 1, 4), None, BRUSSELS)
    right = Closing.from_local(Edge.ON_DATE, date(2027, 1, 5), None, BRUSSELS)
    deadline = make_deadline(closing=past)
    make_follow(call=deadline.call)

    change = move(deadline, right)
    told = tell_followers(deadline.call, [change], now=NOW)

    assert change is not None
    assert change.sentence() == (
        "Indiendatum rechtgezet van maandag 4 januari 2027 naar dinsdag 5 januari 2027"
    )
    assert told == 0


def test_sequence_counts_moves_and_cancellation_and_nothing_else() -> None:
    deadline = make_deadline(closing=FORMER)
    numbers = []

    move(deadline, LATER)
    numbers.append(deadline.sequence)
    deadline.is_confirmed = False
    save_deadline(deadline, Edit(None, NOW, "Nog niet zeker"))
    numbers.append(deadline.sequence)
    move(deadline, Closing(Edge.THROUGH_DATE, LATER.closes_at, BRUSSELS))
    numbers.append(deadline.sequence)
    deadline.outcome = "Drie voorstellen"
    save_deadline(deadline, Edit(None, NOW))
    numbers.append(deadline.sequence)
    deadline.cancelled_at = NOW
    save_deadline(deadline, Edit(None, NOW, "Geen budget"))
    numbers.append(deadline.sequence)

    assert numbers == [1, 1, 1, 1, 2]


def test_sequence_is_counted_from_what_is_stored_not_from_an_old_copy() -> None:
    deadline = make_deadline(closing=FORMER)
    stale = Deadline.objects.get(pk=deadline.pk)
    move(deadline, LATER)

    move(stale, Closing(Edge.AT_TIME, LATER.closes_at + days(1), BRUSSELS))

    assert Deadline.objects.get().sequence == 2


def test_known_date_does_not_change_without_a_reason() -> None:
    deadline = make_deadline(closing=FORMER)

    with pytest.raises(ReasonMissing), transaction.atomic():
        move(deadline, LATER, reason="")

    assert Deadline.objects.get().closing == FORMER
    assert not Change.objects.exists()


def test_draft_changes_without_reason_and_without_history() -> None:
    deadline = make_deadline(call=make_call(status=Call.Status.DRAFT), closing=FORMER)

    assert move(deadline, LATER, reason="") is None
    assert Deadline.objects.get().closing == LATER


def test_saving_what_is_there_is_no_change() -> None:
    deadline = make_deadline(closing=FORMER)

    assert save_deadline(deadline, Edit(None, NOW)) is None


def test_added_date_is_history_of_a_known_call() -> None:
    call = make_call()
    deadline = Deadline(call=call, edge=LATER.edge, closes_at=LATER.closes_at)

    change = save_deadline(deadline, Edit(None, NOW))

    assert change is not None
    assert change.sentence() == "Indiendatum toegevoegd: uiterlijk vrijdag 1 oktober 2027 om 24u00"
    assert deadline.dated_at == NOW


def test_cancelling_a_call_raises_the_sequence_of_its_entries() -> None:
    deadline = make_deadline()
    deadline.call.status = Call.Status.CANCELLED
    deadline.call.save()

    change = note_status(deadline.call, Call.Status.PUBLISHED, Edit(None, NOW, "Geen budget"))

    assert change is not None
    assert change.sentence() == "De oproep is geannuleerd."
    assert Deadline.objects.get().sequence == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "Andere titel", "Aangepast: titel"),
        ("official_url", "https://example.org/a", "Aangepast: officiële pagina"),
        ("source", "vlaio.be", "Aangepast: bron"),
    ],
)
def test_changed_text_is_kept_with_what_it_was(field: str, value: str, said: str) -> None:
    call = make_call()
    before = changing.snapshot(call)
    setattr(call, field, value)
    call.save()

    change = changing.note_details(call, before, Edit(None, NOW))

    assert change is not None
    assert change.sentence() == said
    assert value in change.new.values()
    assert value not in change.old.values()


def test_changed_amount_and_theme_are_kept_too() -> None:
    call = make_call()
    amount = call.amounts.create(kind="budget", value=5_000_000)
    before = changing.snapshot(call)
    amount.value = 4_000_000
    amount.save()
    call.themes.add(Theme.objects.create(number=1, code="ethiek", title="E", short_title="E"))

    change = changing.note_details(call, before, Edit(None, NOW))

    assert change is not None
    assert set(change.new) == {"amounts", "themes"}
    assert "5000000" in change.old["amounts"]


def test_nothing_changed_is_no_history() -> None:
    call = make_call()

    assert changing.note_details(call, changing.snapshot(call), Edit(None, NOW)) is None


# Telling -----------------------------------------------------------------------------------------


def test_followers_of_call_theme_and_everything_are_told_once_for_all_changes() -> None:
    theme = Theme.objects.create(number=1, code="ethiek", title="E", short_title="E")
    other = Theme.objects.create(number=2, code="werk", title="W", short_title="W")
    deadline = make_deadline(closing=FORMER)
    deadline.call.themes.add(theme)
    second = make_deadline(call=deadline.call, kind="pre_notification", closing=FORMER)
    several = make_follow(email="drie@example.org", call=deadline.call)
    make_follow(email="drie@example.org", theme=theme)
    make_follow(email="drie@example.org")
    make_follow(email="thema@example.org", theme=theme)
    make_follow(email="alles@example.org")
    make_follow(email="anders@example.org", theme=other)
    make_follow(email="oproep@example.org", call=make_call())
    make_follow(email="nooit@example.org", call=deadline.call, confirmed_at=None)

    changes = [move(deadline, LATER), move(second, LATER)]
    told = tell_followers(deadline.call, changes, now=NOW)

    assert told == 3
    assert sorted(Message.objects.values_list("recipient", flat=True)) == [
        "alles@example.org",
        "drie@example.org",
        "thema@example.org",
    ]
    assert Follow.objects.filter(follower=several.follower).count() == 3


def test_telling_the_same_change_again_mails_nobody() -> None:
    deadline = make_deadline(closing=FORMER)
    make_follow(call=deadline.call)
    change = move(deadline, LATER)

    tell_followers(deadline.call, [change], now=NOW)
    tell_followers(deadline.call, [change], now=NOW + timedelta(hours=1))

    assert Message.objects.count() == 1


def test_changed_text_is_history_and_no_mail() -> None:
    call = make_call()
    make_follow(call=call)
    before = changing.snapshot(call)
    Call.objects.update(source="vlaio.be")

    change = changing.note_details(call, before, Edit(None, NOW))

    assert change is not None
    assert tell_followers(call, [change, None], now=NOW) == 0
