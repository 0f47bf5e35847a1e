"""The outbox, to look into."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from mailing.models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """What was meant, what left, what failed and why; nobody edits it."""

    list_display = ("key", "recipient", "state", "due_at", "closed_at", "attempts", "reason")
    list_filter = ("state", "kind")
    search_fields = ("key", "recipient", "message_id")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Mails come from what happens, not from here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing here is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was sent stays on record."""
        return False
