"""Which organisation the names mean that people typed: gathering, linking, setting aside, undoing.

The names of registrations that the directory does not know, gathered by the key under which names
are compared. Whoever anonymises a registration takes its name out of here with it.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts import directory, merging
from accounts.auditing import Actor, record
from accounts.models import Action, NameMatch, Organisation, OrganisationKey
from accounts.names import domain_of
from events.models import Registration, RegistrationQuerySet


class CannotMatch(Exception):
    """The name cannot be linked so; the text is a sentence for the administrator."""


@dataclass(frozen=True)
class Suggestion:
    """An organisation that a typed name may mean; by how it is written, or by who typed it."""

    organisation: Organisation
    is_by_domain: bool


@dataclass(frozen=True)
class TypedName:
    """A name that people typed, in its most frequent spelling, and what is known of them.

    `registration` is the number of the first one that holds it.
    """

    key: str
    registration: int
    name: str
    number: int
    last_at: datetime
    domains: list[tuple[str, int]] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)


def unknown() -> RegistrationQuerySet:
    """The registrations whose typed organisation is in nobody's directory, and not set aside."""
    is_decided = NameMatch.objects.filter(
        key=OuterRef("organisation_key"), organisation=None, undone_at=None
    )
    return (
        Registration.objects.filter(organisation=None, anonymised_at=None)
        .exclude(organisation_key="")
        .exclude(Exists(is_decided))
    )


def keys() -> QuerySet[Registration, str]:
    """The keys of unknown names: what was typed most comes first, then what was typed last."""
    return (
        unknown()
        .values("organisation_key")
        .annotate(number=Count("pk"), last_at=Max("received_at"))
        .order_by("-number", "-last_at", "organisation_key")
        .values_list("organisation_key", flat=True)
    )


def gathered(wanted: list[str]) -> list[TypedName]:
    """The names with these keys, in that order, with suggestions; five queries for any number."""
    spellings: dict[str, Counter[str]] = {}
    domains: dict[str, Counter[str]] = {}
    first: dict[str, int] = {}
    last_at: dict[str, datetime] = {}
    rows = unknown().filter(organisation_key__in=wanted)
    columns = ("pk", "organisation_key", "organisation_name", "email_key", "received_at")
    for number, key, name, email, received_at in rows.order_by("pk").values_list(*columns):
        first.setdefault(key, number)
        spellings.setdefault(key, Counter())[name] += 1
        domains.setdefault(key, Counter())[domain_of(email)] += 1
        last_at[key] = max(received_at, last_at.get(key, received_at))
    owners = directory.at_domains(domain for count in domains.values() for domain in count)
    alike = directory.alike(spellings)
    return [
        TypedName(
            key=key,
            registration=first[key],
            name=spellings[key].most_common(1)[0][0],
            number=spellings[key].total(),
            last_at=last_at[key],
            domains=domains[key].most_common(),
            suggestions=_suggestions(
                [owners[domain] for domain, _number in domains[key].most_common()], alike[key]
            ),
        )
        for key in wanted
        if key in spellings
    ]


def _suggestions(owners: list[Organisation | None], alike: list[Organisation]) -> list[Suggestion]:
    """Whose name is like it, then whose mail domain it came from, each once."""
    suggestions = {row.pk: Suggestion(row, is_by_domain=False) for row in alike}
    for owner in owners:
        if owner is not None:
            suggestions.setdefault(owner.pk, Suggestion(owner, is_by_domain=True))
    return list(suggestions.values())


@transaction.atomic
def link(name: TypedName, organisation: Organisation, *, by: Actor, now: datetime) -> NameMatch:
    """Say which organisation a typed name means, for those who typed it and who will.

    The name becomes another name of it, unless a name in the directory is already the same.
    Raises `CannotMatch`.
    """
    rows = Organisation.objects.select_for_update(of=("self",), no_key=True)
    held = rows.filter(pk=organisation.pk).first()
    if held is None:
        raise CannotMatch(_("This organisation has just been merged into another."))
    match = _decide(name, held, by=by, now=now)
    linked = list(unknown().filter(organisation_key=name.key).values_list("pk", flat=True))
    typed = Registration.objects.filter(organisation_key=name.key)
    already = list(typed.filter(organisation=held).values_list("pk", flat=True))
    alias = None
    if not OrganisationKey.objects.filter(key=name.key, is_loose=False).exists():
        alias = held.aliases.create(name=name.name)
        directory.index_names(held)
    Registration.objects.filter(pk__in=linked).update(organisation=held)
    match.effects = {
        "registrations": linked,
        "already": already,
        "alias": alias.pk if alias else None,
    }
    match.save(update_fields=["effects"])
    record(Action.ORGANISATION_MATCHED, by=by, now=now, about=match, registrations=len(linked))
    return match


@transaction.atomic
def link_to_new(
    name: TypedName, organisation: Organisation, *, by: Actor, now: datetime
) -> NameMatch:
    """Link a name to an organisation that was made from it, and goes when that is undone."""
    match = link(name, organisation, by=by, now=now)
    match.effects["is_made"] = True
    match.save(update_fields=["effects"])
    return match


@transaction.atomic
def set_aside(name: TypedName, *, by: Actor, now: datetime) -> NameMatch:
    """Say that a typed name is no organisation, such as that of a private person."""
    match = _decide(name, None, by=by, now=now)
    record(Action.ORGANISATION_MATCHED, by=by, now=now, about=match, is_organisation=False)
    _forget_set_aside()
    return match


def _decide(
    name: TypedName, organisation: Organisation | None, *, by: Actor, now: datetime
) -> NameMatch:
    """Keep a decision; a name has one at a time."""
    match, is_new = NameMatch.objects.get_or_create(
        key=name.key,
        undone_at=None,
        defaults={
            "name": name.name,
            "organisation": organisation,
            "matched_by": by.user,
            "matched_at": now,
        },
    )
    if not is_new:
        raise CannotMatch(_("Somebody else has just decided about this name."))
    return match


def _forget_set_aside() -> None:
    """Forget names set aside that nobody's registration holds any more: they may be of persons."""
    is_held = Registration.objects.filter(organisation_key=OuterRef("key"), anonymised_at=None)
    NameMatch.objects.filter(organisation=None).exclude(Exists(is_held)).delete()


@transaction.atomic
def undo(match: NameMatch, *, by: Actor, now: datetime) -> bool:
    """Take a decision back; False if that was done before.

    Registrations that it linked have no organisation again, later ones what their name means
    without it. The other name that it added goes.
    """
    match = NameMatch.objects.select_for_update(of=("self",)).get(pk=match.pk)
    if match.undone_at is not None:
        return False
    match.undone_at = now
    match.save(update_fields=["undone_at"])
    if match.organisation is not None:
        _unlink(match, match.organisation)
    record(Action.ORGANISATION_UNDONE, by=by, now=now, about=match)
    return True


def _unlink(match: NameMatch, organisation: Organisation) -> None:
    if match.effects.get("alias"):
        organisation.aliases.filter(pk=match.effects["alias"], name=match.name).delete()
        directory.index_names(organisation)
    typed = Registration.objects.filter(organisation_key=match.key, organisation=organisation)
    linked = typed.exclude(pk__in=match.effects["already"])
    later = list(linked.exclude(pk__in=match.effects["registrations"]).values_list("pk", flat=True))
    linked.update(organisation=None)
    if match.effects.get("is_made"):
        _remove_unless_used(match, organisation)
    meant = directory.find(match.name)
    Registration.objects.filter(pk__in=later).update(organisation=meant)


def _remove_unless_used(match: NameMatch, organisation: Organisation) -> None:
    """Remove an organisation that was made for a decision, which outlives it."""
    match.organisation = None
    match.save(update_fields=["organisation"])
    if merging.is_used(organisation):
        match.organisation = organisation
        match.save(update_fields=["organisation"])
    else:
        organisation.delete()
