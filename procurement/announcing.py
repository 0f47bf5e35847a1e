"""The state of a call in a word and a sentence, and its amounts in words."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Model
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from moments import words
from procurement.models import Amount, Call, CallState, Cofinancing, Deadline, Figure

_TONES = {
    CallState.OPEN: "success",
    CallState.CLOSING_SOON: "warning",
    CallState.SUSPENDED: "warning",
    CallState.CANCELLED: "error",
}


@dataclass(frozen=True)
class Announcement:
    """What a page says of a call's state; `tone` is a pill's."""

    state: CallState
    word: str
    sentence: str
    tone: str


def announce(call: Call, following: Deadline | None) -> Announcement:
    """The state of a call that comes from `with_state`; `following` is its next deadline."""
    state = CallState(call.state)
    return Announcement(
        state, str(state.label), _sentence(call, state, following), _TONES.get(state, "default")
    )


def _sentence(call: Call, state: CallState, following: Deadline | None) -> str:
    match state:
        case CallState.SUSPENDED:
            return _("The organiser has suspended this call: its dates may not hold.")
        case CallState.CANCELLED:
            return _("The organiser has cancelled this call.")
        case CallState.RESULTS:
            return _("The decisions have been taken.")
        case CallState.CLOSED if call.kind == Call.Kind.RECURRING:
            return _("The latest deadline is past. The next one is not known yet.")
        case CallState.CLOSED:
            return _("The deadline is past.")
        case CallState.ANNOUNCED:
            return _("No date has been announced for this call.")
        case CallState.FORTHCOMING if following is not None and following.opens_at is not None:
            moment = words.moment(following.opens_at, following.zone)
            return _("One can submit from %(moment)s on.") % {"moment": moment}
    if following is None:
        return _("One can submit at any time.")
    return _("%(label)s: %(value)s") % {
        "label": following.step,
        "value": following.closing.wording(),
    }


# Money -------------------------------------------------------------------------------------------


def amount_in_words(amount: Amount) -> str:
    """ "€ 1.000.000", "ongeveer € 30.000"; always with its currency."""
    money = _in_currency(amount.value, amount.currency)
    return _about(money, is_indicative=amount.is_indicative)


def figure_in_words(figure: Figure) -> str:
    """ "€ 75.000.000", "100.000"."""
    return _in_currency(figure.value, figure.currency)


def _in_currency(value: Decimal, currency: str) -> str:
    decimals = 0 if value == value.to_integral_value() else 2
    written = number_format(value, decimals, use_l10n=True, force_grouping=True)
    if currency == "EUR":
        return _("€ %(amount)s") % {"amount": written}
    return f"{written} {currency}".strip()


def share_in_words(share: Cofinancing) -> str:
    """ "50 %", "ongeveer 50 %"."""
    decimals = 0 if share.percentage == share.percentage.to_integral_value() else 2
    figure = number_format(share.percentage, decimals, use_l10n=True)
    money = _("%(number)s per cent") % {"number": figure}
    return _about(money, is_indicative=share.is_indicative)


def _about(money: str, *, is_indicative: bool) -> str:
    return _("about %(amount)s") % {"amount": money} if is_indicative else money


@dataclass(frozen=True)
class Fact:
    """A row of facts: what, how much, and for whom or from whom.

    The note is the text `field` of `about`, which may lack the active language.
    """

    label: str
    value: str
    note: str
    about: Amount | Cofinancing
    field: str


def money_facts(call: Call, *, is_short: bool = False) -> list[Fact]:
    """The amounts and shares as the source gives them; `is_short` leaves out parts and shares."""
    amounts = [amount for amount in amounts_of(call) if not (is_short and amount.is_part)]
    shares = [] if is_short else call.cofinancing.all()
    return [*(amount_fact(amount) for amount in amounts), *(share_fact(share) for share in shares)]


def amounts_of(call: Call) -> list[Amount]:
    """Its amounts as they were added, but each part below what it is a part of."""
    amounts = list(call.amounts.all())
    kinds = list(dict.fromkeys(amount.kind for amount in amounts))
    return sorted(amounts, key=lambda amount: (kinds.index(amount.kind), amount.is_part))


def amount_fact(amount: Amount) -> Fact:
    """What, how much, and for what or from whom."""
    label = _("of which") if amount.is_part else capfirst(amount.get_kind_display())
    return Fact(label, amount_in_words(amount), amount.label, amount, "label")


def share_fact(share: Cofinancing) -> Fact:
    """Whose share, how much, and for whom."""
    label = capfirst(share.get_kind_display())
    return Fact(label, share_in_words(share), share.group, share, "group")


def term_in_words(term: Model) -> str:
    """An amount, a share or a document, in one line."""
    if isinstance(term, (Amount, Cofinancing)):
        fact = amount_fact(term) if isinstance(term, Amount) else share_fact(term)
        return _("%(label)s: %(value)s") % {"label": fact.label, "value": fact.value}
    return str(term)
