from datetime import UTC, date, datetime

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from mailing.models import Message
from moments.edges import Closing, Edge
from moments.local import BRUSSELS
from procurement.models import Call, Change, Deadline
from tests.build import NOW, make_call, make_deadline, make_organiser
from tests.procurement.build import make_follow

pytestmark = pytest.mark.django_db

INLINES = ("deadlines", "amounts", "cofinancing", "eligibilities", "documents", "changes")
FORMER = Closing.from_local(Edge.AT_TIME, date(2027, 9, 24), None, BRUSSELS)


@pytest.fixture(autouse=True)
def _in_may_2027(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def deadline() -> Deadline:
    return make_deadline(closing=FORMER)


@pytest.fixture
def organiser(client: Client, deadline: Deadline) -> Client:
    client.force_login(make_organiser(deadline.call.programme))
    return client


def form(call: Call, **changed: object) -> dict[str, object]:
    """The form as the page shows it, with what somebody changed."""
    deadlines = list(call.deadlines.order_by("closes_at", "pk"))
    filled: dict[str, object] = {
        "slug": call.slug,
        "programme": call.programme_id,
        "status": call.status,
        "kind": call.kind,
        "title_nl": call.title,
        "tell": "on",
        "deadlines-INITIAL_FORMS": len(deadlines),
        "deadlines-TOTAL_FORMS": len(deadlines),
    }
    for prefix in INLINES[1:]:
        rows = getattr(call, prefix).count()
        filled |= {f"{prefix}-TOTAL_FORMS": rows, f"{prefix}-INITIAL_FORMS": rows}
        filled |= {
            f"{prefix}-{number}-id": row.pk
            for number, row in enumerate(getattr(call, prefix).all())
        }
    for number, row in enumerate(deadlines):
        filled |= {
            f"deadlines-{number}-{name}": value
            for name, value in {
                "id": row.pk,
                "call": call.pk,
                "kind": row.kind,
                "time_zone": row.time_zone,
                "closing_0": row.edge,
                "closing_1": row.closing.said_date.isoformat(),
                "closing_2": "24:00" if row.closing.edge.has_hour else "",
                "closing_3": "",
                "is_mandatory": "on",
                "is_confirmed": "on",
            }.items()
        }
    return filled | changed


def save(client: Client, call: Call, **changed: object) -> list[str]:
    """Save the form; the errors that came back."""
    response = client.post(f"/admin/procurement/call/{call.pk}/change/", form(call, **changed))
    if response.status_code == 302:
        return []
    errors = list(response.context["adminform"].form.errors.values())
    for formset in response.context["inline_admin_formsets"]:
        for one in formset.formset.forms:
            errors += one.errors.values()
        errors.append(formset.formset.non_form_errors())
    return [str(text) for found in errors for text in found]


def test_date_moves_with_its_reason_and_followers_are_told(
    organiser: Client, deadline: Deadline
) -> None:
    make_follow(call=deadline.call)

    errors = save(
        organiser,
        deadline.call,
        **{"deadlines-0-closing_1": "2027-10-01", "deadlines-0-reason": "Veel vragen"},
    )

    assert errors == []
    change = Change.objects.get()
    assert (change.reason, change.changed_at) == ("Veel vragen", NOW)
    assert change.changed_by is not None
    assert "verlengd van vrijdag 24 september" in change.sentence()
    assert Message.objects.get().kind == "procurement.changed"


def test_date_does_not_move_without_a_reason(organiser: Client, deadline: Deadline) -> None:
    errors = save(organiser, deadline.call, **{"deadlines-0-closing_1": "2027-10-01"})

    assert errors == ["Zeg waarom de datum verandert: volgers lezen dit."]
    assert Deadline.objects.get().closing == FORMER


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "decision"), ("time_zone", "UTC"), ("is_cancelled", "on"), ("is_confirmed", "")],
)
def test_nothing_about_a_known_date_changes_without_a_reason(
    organiser: Client, deadline: Deadline, field: str, value: str
) -> None:
    refused = save(organiser, deadline.call, **{f"deadlines-0-{field}": value})
    done = save(
        organiser,
        deadline.call,
        **{f"deadlines-0-{field}": value, "deadlines-0-reason": "Zo beslist"},
    )

    assert (len(refused), done) == (1, [])
    assert Change.objects.get().reason == "Zo beslist"


def test_date_is_meant_in_the_zone_that_was_chosen(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{
            "deadlines-0-time_zone": "America/New_York",
            "deadlines-0-closing_2": "17:00",
            "deadlines-0-reason": "Uur van New York",
        },
    )

    assert errors == []
    closing = Deadline.objects.get().closing
    assert closing.closes_at == datetime(2027, 9, 24, 21, tzinfo=UTC)


def test_zone_that_does_not_exist_is_refused(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{"deadlines-0-time_zone": "../etc/passwd", "deadlines-0-reason": "Zomaar"},
    )

    assert len(errors) == 1
    assert Deadline.objects.get().closing == FORMER


def test_saving_without_a_change_leaves_no_trace(organiser: Client, deadline: Deadline) -> None:
    make_follow(call=deadline.call)

    assert save(organiser, deadline.call) == []

    assert not Change.objects.exists()
    assert not Message.objects.exists()
    assert Deadline.objects.get().sequence == 0


def test_date_is_read_from_the_words_of_the_source(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{
            "deadlines-TOTAL_FORMS": 2,
            "deadlines-1-call": deadline.call_id,
            "deadlines-1-kind": "pre_notification",
            "deadlines-1-time_zone": "Europe/Brussels",
            "deadlines-1-is_confirmed": "on",
            "deadlines-1-source_phrase": "vóór 20 juni 2027 om 12:00 uur",
        },
    )

    assert errors == []
    made = Deadline.objects.get(kind="pre_notification")
    assert made.closing.wording() == "vóór zondag 20 juni 2027 om 12u00"


def test_words_with_two_meanings_are_asked_about(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{
            "deadlines-TOTAL_FORMS": 2,
            "deadlines-1-call": deadline.call_id,
            "deadlines-1-kind": "pre_notification",
            "deadlines-1-time_zone": "Europe/Brussels",
            "deadlines-1-source_phrase": "tot 1 december 2027",
        },
    )

    assert len(errors) == 1
    assert "“vóór woensdag 1 december 2027”, “tot en met woensdag 1 december 2027”" in errors[0]


def test_cancelled_date_stays_and_is_told(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{"deadlines-0-is_cancelled": "on", "deadlines-0-reason": "Geen budget"},
    )

    assert errors == []
    assert (Deadline.objects.get().cancelled_at, Deadline.objects.get().sequence) == (NOW, 1)


def test_call_is_suspended_with_a_reason_only(organiser: Client, deadline: Deadline) -> None:
    refused = save(organiser, deadline.call, status="suspended")
    done = save(organiser, deadline.call, status="suspended", reason="Besparing")

    assert refused == ["Zeg waarom: volgers lezen dit."]
    assert done == []
    assert Change.objects.get().sentence() == "De oproep is opgeschort."


def test_known_call_becomes_no_draft_again(organiser: Client, deadline: Deadline) -> None:
    errors = save(organiser, deadline.call, status="draft")

    assert errors == ["Deze oproep is al bekend. Schort ze op of annuleer ze."]


def test_amount_that_changes_is_history(organiser: Client, deadline: Deadline) -> None:
    errors = save(
        organiser,
        deadline.call,
        **{
            "amounts-TOTAL_FORMS": 1,
            "amounts-0-call": deadline.call_id,
            "amounts-0-kind": "budget",
            "amounts-0-value": "5000000",
            "amounts-0-currency": "EUR",
        },
    )

    assert errors == []
    assert Change.objects.get().sentence() == "Aangepast: bedragen"


def test_publishing_a_draft_tells_who_follows_everything(client: Client) -> None:
    draft = make_call(status=Call.Status.DRAFT)
    client.force_login(make_organiser(draft.programme))
    make_follow()

    errors = save(client, draft, status="published")

    assert errors == []
    assert Message.objects.get().kind == "procurement.changed"


def test_deadline_of_a_known_call_is_not_deleted(organiser: Client, deadline: Deadline) -> None:
    save(organiser, deadline.call, **{"deadlines-0-DELETE": "on"})

    assert Deadline.objects.exists()


def test_page_shows_the_history(organiser: Client, deadline: Deadline) -> None:
    save(organiser, deadline.call, status="suspended", reason="Besparing")

    shown = organiser.get(f"/admin/procurement/call/{deadline.call_id}/change/")

    assert "Besparing" in shown.content.decode()
