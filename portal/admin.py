"""Joining sessions to calls."""

from django.contrib import admin

from accounts.admin import OrganiserAdmin
from portal.models import Preparation


@admin.register(Preparation)
class PreparationAdmin(OrganiserAdmin):
    """Which session prepares for which call."""

    list_display = ("session", "call")
    list_select_related = ("session", "call")
