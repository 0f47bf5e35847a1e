"""Every kind of mail with example data, to look at on one's own machine and to try in tests."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.module_loading import import_string

from mailing.letters import Letter
from mailing.models import Message
from mailing.outbox import composer_of

# Causes one mail to a reader of a language, by the acts that cause it in real life.
Cause = Callable[[str, datetime], Message]
# By kind, and behind a dash what is particular: "events.cancelled-by-organiser".
Examples = Mapping[str, Cause]


def names() -> list[str]:
    """The names of all examples, each with its kind before the dash."""
    return [name for examples in _all() for name in examples]


def kind_of(name: str) -> str:
    """The kind of mail that an example is one of."""
    return name.partition("-")[0]


def letter(name: str, language: str, now: datetime) -> Letter:
    """The letter of an example; what had to be made for it is gone afterwards."""
    cause = next(examples[name] for examples in _all() if name in examples)
    with transaction.atomic(), translation.override(language):
        message = cause(language, now)
        made = composer_of(message.kind)(message, max(now, message.due_at))
        transaction.set_rollback(True)
    return made


def _all() -> list[Examples]:
    return [cast(Examples, import_string(path)) for path in settings.OUTBOX_EXAMPLES]
