"""Signs people out everywhere."""

from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User


class Command(BaseCommand):
    """To run when somebody may have got hold of a sign-in; links in mails stay what they are."""

    help = "Ends every sign-in of one account, or of all with --all. They may sign in again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose."""
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", metavar="ADDRESS", help="The e-mail address of an account.")
        whose.add_argument("--all", action="store_true", help="Everybody's.")

    def handle(self, *args: Any, account: str | None, **options: Any) -> None:
        """End them in the database and in what a cache holds of it, and say how many."""
        rows = UserSession.objects.all()
        keys = set(Session.objects.values_list("session_key", flat=True))
        if account:
            user = User.objects.filter(email__iexact=account).first()
            if user is None:
                raise CommandError(f"Nobody has an account with the address {account}.")
            rows = rows.filter(user=user)
            keys = _of(user, keys)
        keys |= set(rows.values_list("session_key", flat=True))
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        for key in keys:
            store.delete(key)
        rows.delete()
        self.stdout.write(f"Ended: {len(keys)}.")


def _of(user: User, keys: set[str]) -> set[str]:
    """Those of an account by their own word: a new one is written down a little later."""
    rows = Session.objects.filter(session_key__in=keys)
    return {
        row.session_key for row in rows if row.get_decoded().get("_auth_user_id") == str(user.pk)
    }
