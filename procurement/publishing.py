"""Publishing, suspending and cancelling a call, and bringing it back."""

from django.db import transaction
from django.utils.translation import gettext as _

from procurement import changing
from procurement.changing import Edit
from procurement.checking import missing
from procurement.models import Call, Follow

_TO: dict[str, set[str]] = {
    Call.Status.DRAFT: {Call.Status.PUBLISHED},
    Call.Status.PUBLISHED: {Call.Status.SUSPENDED, Call.Status.CANCELLED},
    Call.Status.SUSPENDED: {Call.Status.PUBLISHED, Call.Status.CANCELLED},
    Call.Status.CANCELLED: {Call.Status.PUBLISHED},
}


class CannotChange(Exception):
    """The call cannot become that; the text is a sentence for the organiser."""


def next_statuses(call: Call) -> set[str]:
    """What the call can become; what the public knows is never a draft again."""
    return _TO[call.status]


def followers_of(call: Call) -> int:
    """How many people hear of a change."""
    return Follow.objects.confirmed().about(call).values("follower").distinct().count()


@transaction.atomic
def set_status(call: Call, status: str, edit: Edit, *, is_told: bool) -> int:
    """Give a call another status, note it, and tell its followers; how many are told.

    Harmless when repeated. Raises CannotChange.
    """
    stored = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if stored.status == status:
        return 0
    if status not in next_statuses(stored):
        raise CannotChange(_("This call cannot become that: somebody may have changed it."))
    if (
        status == Call.Status.PUBLISHED
        and stored.is_draft
        and (lacking := missing(stored, edit.now))
    ):
        raise CannotChange(
            _("This is still missing: %(labels)s.")
            % {"labels": ", ".join(check.label for check in lacking)}
        )
    old, stored.status = stored.status, status
    stored.save(update_fields=["status", "changed_at"])
    change = changing.note_status(stored, old, edit)
    return changing.tell_followers(stored, [change], now=edit.now) if is_told else 0
