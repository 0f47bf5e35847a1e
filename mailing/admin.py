"""The outbox, to look into."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from mailing.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """What was meant, what left, what failed and why; nobody edits it."""

    list_display = ("key", "recipient", "state", "due_at", "closed_at", "attempts", "why")
    list_filter = ("state", "kind")
    search_fields = ("key", "recipient", "message_id")
    date_hierarchy = "created_at"

    @admin.display(description=gettext_lazy("reason"))
    def why(self, message: Message) -> str:
        """Why it did not leave, in the reader's language."""
        return gettext(message.reason) if message.reason else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Mails come from what happens, not from here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was sent stays on record."""
        return False
