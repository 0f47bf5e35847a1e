"""What somebody may do for a programme."""

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """From most to least: whoever has one may do all that those below it may.

    A lead also decides on the team and on how long data is kept, and reads the audit log. An
    organiser works on sessions and calls. A helper sees who comes to a session and takes
    attendance, and changes nothing else. A viewer sees agendas, counts and figures, and of the
    people who come nothing.
    """

    LEAD = "lead", _("lead")
    ORGANISER = "organiser", _("organiser")
    HELPER = "helper", _("helper")
    VIEWER = "viewer", _("viewer")

    @property
    def meaning(self) -> str:
        """What it lets somebody do, in a sentence without an end."""
        return str(_MEANINGS[self])

    @property
    def or_more(self) -> "Sequence[Role]":
        """The roles that may do what this one may, itself included."""
        ranked = list(Role)
        return ranked[: ranked.index(self) + 1]


_MEANINGS = {
    Role.LEAD: _(
        "does all that organisers do, decides who is in the team and how long data is kept, and"
        " reads the audit log"
    ),
    Role.ORGANISER: _("works on sessions and calls, on who comes and on the mails to them"),
    Role.HELPER: _("sees who comes to a session and takes attendance; changes nothing else"),
    Role.VIEWER: _("sees agendas, counts and figures, and nothing about the people who come"),
}
