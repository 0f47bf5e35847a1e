"""Which texts have a column per language."""

from modeltranslation.translator import TranslationOptions, register

from procurement.models import Call


@register(Call)
class CallTranslation(TranslationOptions):
    """What visitors read about a call."""

    fields = ("title", "summary", "target_group")
