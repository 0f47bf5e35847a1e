"""Undoing a deletion, from the page that tells of it.

What was deleted goes along in that page, signed, and is kept nowhere else: nothing of it stays
here for who does not undo. It comes back under its own number, through an address that asks anew
who may. What cannot come back, such as a file, is asked about before it goes
(`components/ask.html`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import Field, ForeignKey, Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

# For how long a page that stayed open can still undo.
WITHIN = timedelta(hours=1)

Row = TypeVar("Row", bound=Model)


class CannotUndo(Exception):
    """It does not come back; the text is a sentence for who tried."""


def take_away(row: Model, *, now: datetime) -> str:
    """Delete a row; what `unpacked` reads it from again, empty where something pointed at it."""
    relations = row._meta.related_objects
    is_alone = not any(
        relation.related_model._base_manager.filter(**{relation.field.name: row}).exists()
        for relation in relations
    )
    values = {field.attname: _plain(field, row) for field in _columns(type(row))}
    row.delete()
    if not is_alone:
        return ""
    what = {"at": now.isoformat(), "row": values}
    return _signer(type(row)).sign_object(what, compress=True)


def unpacked(model: type[Row], packed: str, *, now: datetime, **own: object) -> Row:
    """The row that was taken away, not stored yet.

    `own` is what it has to hold to be of whom or what the address is about. Raises `CannotUndo`.
    """
    try:
        what = _signer(model).unsign_object(packed)
    except BadSignature as error:
        raise CannotUndo(_("There is nothing here to put back.")) from error
    if now > datetime.fromisoformat(what["at"]) + WITHIN:
        raise CannotUndo(_("That was deleted too long ago to put it back. Add it anew."))
    row = model()
    for field in _columns(model):
        setattr(row, field.attname, field.to_python(what["row"].get(field.attname)))
    if any(getattr(row, name) != value for name, value in own.items()):
        raise CannotUndo(_("There is nothing here to put back."))
    return row


def put_back(row: Model) -> bool:
    """Store a row again under its own number; False where that was done before.

    Raises `CannotUndo` where what it belonged to is gone, or something else took its place.
    """
    for field in row._meta.concrete_fields:
        if isinstance(field, ForeignKey) and not _is_there(field, row):
            if not field.null:
                raise CannotUndo(_("What it belonged to is gone by now."))
            setattr(row, field.attname, None)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if type(row)._base_manager.filter(pk=row.pk).exists():
            return False
        raise CannotUndo(_("Something else took its place meanwhile.")) from error
    return True


def offer(request: HttpRequest, sentence: str, *, address: str, packed: str) -> None:
    """Tell of a deletion, with a button that undoes it."""
    facts = {"sentence": sentence, "address": address, "packed": packed}
    messages.success(request, render_to_string("components/undo.html", facts, request))


def undo(request: HttpRequest, put_back: Callable[[str], object]) -> None:
    """Let a rule put back what the button sent, and tell of that."""
    try:
        put_back(request.POST.get("packed", ""))
    except CannotUndo as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is back, as it was."))


def _signer(model: type[Model]) -> Signer:
    return Signer(salt=f"accounts.undoing.{model._meta.label}")


def _columns(model: type[Model]) -> "list[Field[Any, Any]]":
    names = {field.name for field in model._meta.concrete_fields}
    # A translated field has a column per language, which say it in full.
    return [field for field in model._meta.concrete_fields if f"{field.name}_nl" not in names]


def _plain(field: "Field[Any, Any]", row: Model) -> object:
    value = field.value_from_object(row)
    is_plain = value is None or isinstance(value, bool | int | str | list | dict)
    return value if is_plain else field.value_to_string(row)


def _is_there(field: "ForeignKey[Any, Any]", row: Model) -> bool:
    number = getattr(row, field.attname)
    return number is None or field.related_model._base_manager.filter(pk=number).exists()
