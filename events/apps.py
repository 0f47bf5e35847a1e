from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ical import watching
from ical.watching import Touch

_OF_SPEAKERS = """id IN (
    SELECT item.session_id FROM events_agendaitem item
    JOIN events_contribution contribution ON contribution.agenda_item_id = item.id
    WHERE contribution.{column} = NEW.id
)"""
_OF_CONTRIBUTION = "id = (SELECT session_id FROM events_agendaitem WHERE id = NEW.agenda_item_id)"


class EventsConfig(AppConfig):
    """Sessions, registrations and their mails."""

    name = "events"
    verbose_name = _("sessions and registrations")

    def ready(self) -> None:
        """Say of which tables the calendar entry of a session is made."""
        watching.watch(
            "events_session",
            "events_session_themes",
            "events_agendaitem",
            "events_contribution",
            "events_speaker",
            # Only public pages tell of these.
            "events_speakerpage",
            "events_material",
            "events_consenttext",
            "events_question",
        )
        session = "events_session"
        watching.touch(
            Touch(
                "accounts_programme",
                (*_in_each("name", "full_name"), "contact_name", "contact_email"),
                session,
                "programme_id = NEW.id",
            ),
            Touch("events_speaker", ("name",), session, _OF_SPEAKERS.format(column="speaker_id")),
            Touch(
                "accounts_organisation",
                _in_each("name", "abbreviation"),
                session,
                _OF_SPEAKERS.format(column="organisation_id"),
            ),
            # Two organisations, or two speakers, that turned out to be one.
            Touch(
                "events_contribution", ("organisation_id", "speaker_id"), session, _OF_CONTRIBUTION
            ),
        )


def _in_each(*texts: str) -> tuple[str, ...]:
    return tuple(f"{text}_{code}" for text in texts for code, _label in settings.LANGUAGES)
