"""Which texts have a column per language."""

from modeltranslation.translator import TranslationOptions, register

from accounts.models import Organisation, Programme, Theme


@register(Organisation)
class OrganisationTranslation(TranslationOptions):
    """Names as the body itself writes them."""

    fields = ("name", "abbreviation")
    required_languages = {"nl": ("name",)}


@register(Programme)
class ProgrammeTranslation(TranslationOptions):
    """Names of a programme."""

    fields = ("name", "full_name")
    required_languages = {"nl": ("name",)}


@register(Theme)
class ThemeTranslation(TranslationOptions):
    """Official titles, and our short ones."""

    fields = ("title", "short_title", "summary")
    required_languages = {"nl": ("title", "short_title")}
