"""Which texts have a column per language."""

from modeltranslation.translator import TranslationOptions, register

from events.models import AgendaItem, Circular, ConsentText, Contribution, Question, Session


@register(Session)
class SessionTranslation(TranslationOptions):
    """What visitors read about a session."""

    fields = ("title", "summary", "description", "audience", "venue", "cancellation_reason")


@register(AgendaItem)
class AgendaItemTranslation(TranslationOptions):
    """What visitors read in the timetable."""

    fields = ("title", "description", "track")


@register(Contribution)
class ContributionTranslation(TranslationOptions):
    """The role a speaker has."""

    fields = ("role",)


@register(ConsentText)
class ConsentTextTranslation(TranslationOptions):
    """What people agree to."""

    fields = ("text",)


@register(Question)
class QuestionTranslation(TranslationOptions):
    """What an organiser asks; the choices hold their own words."""

    fields = ("text", "help_text")


@register(Circular)
class CircularTranslation(TranslationOptions):
    """What attendees read of an organiser's message."""

    fields = ("subject", "text")
