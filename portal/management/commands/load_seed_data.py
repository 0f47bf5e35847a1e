"""Loads the facts that go with the product."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

import accounts.seeding
import events.seeding
import procurement.seeding
from accounts.models import Membership, Programme, User
from events.models import Session
from portal.models import Preparation
from procurement.models import Call

SESSION, CALL = "ai4gov-2021-06-10", "pio-innovatieve-aankooptrajecten"
ORGANISER = "organisator@example.org"


class Command(BaseCommand):
    """Adds what is missing; what is there, edited or not, is left as it is."""

    help = "Loads themes, organisations, programmes, the AI4GOV session and the calls."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument(
            "--upcoming",
            action="store_true",
            help="Also add an example session and call in the near future, and an organiser to"
            " sign in as. In local mode only.",
        )

    def handle(self, *args: Any, upcoming: bool, **options: Any) -> None:
        """Load, and say what was added."""
        if upcoming and not settings.LOCAL_MODE:
            raise CommandError("--upcoming makes examples and an account: it needs LOCAL_MODE=1.")
        now = timezone.now()
        is_first_time = not Session.objects.filter(slug=SESSION).exists()
        added = accounts.seeding.load() + events.seeding.load(now) + procurement.seeding.load()
        if is_first_time:
            _prepare(SESSION, CALL)
        self.stdout.write(f"Loaded the facts: {added} added, the rest was there.")
        if upcoming:
            example, call = events.seeding.load_example(now), procurement.seeding.load_example(now)
            _prepare(example.slug, call.slug)
            self.stdout.write(f"Example session: {settings.SITE_URL}{example.get_absolute_url()}")
            _make_organiser()
            self.stdout.write(
                f"Organiser: {settings.SITE_URL}/accounts/login/ with {ORGANISER};"
                f" the code to sign in arrives at {settings.SITE_URL}/mailbox/"
            )


def _prepare(session: str, call: str) -> None:
    """Join a session to its call, where both are there."""
    rows = Session.objects.filter(slug=session), Call.objects.filter(slug=call)
    if rows[0].exists() and rows[1].exists():
        Preparation.objects.get_or_create(session=rows[0].get(), call=rows[1].get())


def _make_organiser() -> None:
    """The local organiser, who signs in with a code by mail like everybody."""
    organiser = User.objects.filter(email=ORGANISER).first()
    if organiser is None:
        organiser = User.objects.create_user(ORGANISER, name="Voorbeeldorganisator", is_staff=True)
        EmailAddress.objects.create(user=organiser, email=ORGANISER, verified=True, primary=True)
        programme = Programme.objects.get(slug="pio")
        Membership.objects.create(user=organiser, programme=programme)
