"""The outbox, to look into."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.admin import AuditedAdmin
from accounts.auditing import actor_of, record
from accounts.models import Action
from mailing.models import Message


@admin.register(Message)
class MessageAdmin(AuditedAdmin):
    """What was meant, what left, what failed and why; nobody edits it."""

    list_display = ("key", "recipient", "state", "due_at", "closed_at", "attempts", "why")
    list_filter = ("state", "kind")
    search_fields = ("key", "recipient", "message_id")
    date_hierarchy = "created_at"

    @admin.display(description=gettext_lazy("reason"))
    def why(self, message: Message) -> str:
        """Why it did not leave, in the reader's language."""
        return gettext(message.reason) if message.reason else ""

    def note_list(self, request: HttpRequest, rows: list[Any]) -> None:
        """Each mail names who gets it."""
        self._note(request, people=len({row.recipient for row in rows}))

    def note_row(self, request: HttpRequest, row: Any) -> None:
        """One mail, with who gets it."""
        self._note(request, about=row, people=1)

    def _note(self, request: HttpRequest, **facts: Any) -> None:
        record(Action.MESSAGES_SEEN, by=actor_of(request), now=timezone.now(), **facts)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Mails come from what happens, not from here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was sent stays on record."""
        return False
