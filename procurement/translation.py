"""Which texts have a column per language."""

from modeltranslation.translator import TranslationOptions, register

from procurement.models import Amount, Call, Cofinancing, Deadline, Figure


@register(Call)
class CallTranslation(TranslationOptions):
    """What visitors read about a call."""

    fields = (
        "title",
        "summary",
        "body",
        "target_group",
        "excluded_group",
        "how_to_submit",
    )


@register(Deadline)
class DeadlineTranslation(TranslationOptions):
    """What came of a round."""

    fields = ("outcome",)


@register(Amount)
class AmountTranslation(TranslationOptions):
    """For what an amount is."""

    fields = ("label",)


@register(Cofinancing)
class CofinancingTranslation(TranslationOptions):
    """For whom a share is."""

    fields = ("group",)


@register(Figure)
class FigureTranslation(TranslationOptions):
    """What a number is."""

    fields = ("title",)
