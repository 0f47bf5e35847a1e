"""Finding an organisation by what somebody typed, or by their mail address."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import NameMatch, Organisation, OrganisationDomain, OrganisationKey
from accounts.names import domain_of, is_storable, loose_key, matching_key
from accounts.searching import Texts, in_each_language

SUGGESTIONS = 8
# The names of an organisation in which words are sought.
SEARCHED_ORGANISATION = Texts(in_each_language("name", "abbreviation"), kept_as="searched")
SEARCHED_ALIAS = Texts(["name"], kept_as="searched")
# How alike two names must be (0 to 1) to be shown side by side to an administrator.
ALIKE = 0.72
KEY_LENGTH = 200


def key_of(name: str) -> str:
    """The key of a name as rows hold it."""
    return matching_key(name)[:KEY_LENGTH]


def in_order() -> QuerySet[Organisation]:
    """All organisations by their name in the first language, which every one has."""
    return Organisation.objects.order_by(f"name_{settings.MODELTRANSLATION_DEFAULT_LANGUAGE}", "pk")


@transaction.atomic
def index_names(organisation: Organisation) -> None:
    """Renew the keys under which an organisation is found; call it when any of its names change."""
    names = [
        getattr(organisation, f"{field}_{language}")
        for field in ("name", "abbreviation")
        for language, _label in settings.LANGUAGES
    ]
    names += organisation.aliases.values_list("name", flat=True)
    keys = {key: True for name in names if name and (key := loose_key(name)[:KEY_LENGTH])}
    keys |= {key: False for name in names if name and (key := key_of(name))}
    organisation.keys.exclude(key__in=keys).delete()
    OrganisationKey.objects.bulk_create(
        [
            OrganisationKey(organisation=organisation, key=key, is_loose=is_loose)
            for key, is_loose in sorted(keys.items())
        ],
        update_conflicts=True,
        unique_fields=["organisation", "key"],
        update_fields=["is_loose"],
    )


def find(name: str) -> Organisation | None:
    """The one organisation that a typed name means; None if it is unknown or ambiguous.

    What an administrator said of it comes first, then a name, abbreviation or alias that is the
    same, then one that differs in spelling only.
    """
    number = _number_of(name)
    return None if number is None else Organisation.objects.filter(pk=number).first()


def _number_of(name: str) -> int | None:
    """The number of the organisation that `find` finds; two narrow questions."""
    if not is_storable(name):
        return None
    key = key_of(name)
    decided = NameMatch.objects.filter(key=key, undone_at=None)
    for (number,) in decided.values_list("organisation_id"):
        return number
    exact, loose = {key, key_of(_plain(name))}, loose_key(name)[:KEY_LENGTH]
    rows = OrganisationKey.objects.filter(Q(key__in=exact, is_loose=False) | Q(key=loose))
    known = list(rows.values_list("organisation_id", "key", "is_loose"))
    same = {number for number, its, is_loose in known if its in exact and not is_loose}
    found = same or {number for number, its, _is_loose in known if its == loose}
    return found.pop() if len(found) == 1 else None


def _plain(name: str) -> str:
    """The name without the abbreviation that `str(organisation)` adds in brackets."""
    return name.rpartition(" (")[0] if name.endswith(")") and " (" in name else name


def held(name: str) -> int | None:
    """The number of what `find` finds, which nobody merges away before the transaction ends."""
    while (number := _number_of(name)) is not None:
        if _is_held(number):
            return number
        # It was merged while we waited for it: its names are another's now.
    return None


def _is_held(number: int) -> bool:
    """Hold an organisation as rows that refer to it do: against deletion, not against each other.

    SQLite lets nobody else write in the meantime.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_organisation WHERE id = %s FOR KEY SHARE", [number])
        return cursor.fetchone() is not None


def at_domain(domain: str) -> Organisation | None:
    """The organisation a mail domain belongs to; a subdomain belongs to the nearest known one."""
    return at_domains([domain])[domain]


def at_domains(domains: Iterable[str]) -> dict[str, Organisation | None]:
    """The organisation each mail domain belongs to, in one query."""
    wanted = set(domains)
    above = {domain: _and_those_above(domain) for domain in wanted if is_storable(domain)}
    known = OrganisationDomain.objects.filter(
        domain__in={name for names in above.values() for name in names}
    )
    owners = {row.domain: row.organisation for row in known.select_related("organisation")}
    return {
        domain: next((owners[name] for name in above.get(domain, []) if name in owners), None)
        for domain in wanted
    }


def _and_those_above(domain: str) -> list[str]:
    """A domain and those it lies below, itself first; a top-level domain is nobody's."""
    labels = domain.strip().lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def of_address(email: str) -> Organisation | None:
    """The organisation behind a mail address."""
    return at_domain(domain_of(email))


def suggest(text: str) -> list[Organisation]:
    """Organisations somebody may mean: whose name starts so, then those with a word that does."""
    suggestions: dict[int, Organisation] = {}
    if (key := matching_key(text)) and is_storable(text):
        keys = {key, loose_key(text)} - {""}
        for pattern, lookup in (("{}", "startswith"), (" {}", "contains")):
            condition = Q()
            for each in keys:
                condition |= Q((f"keys__key__{lookup}", pattern.format(each)))
            matching = Organisation.objects.filter(condition).distinct()
            for organisation in matching.order_by("name", "pk")[:SUGGESTIONS]:
                suggestions.setdefault(organisation.pk, organisation)
    return list(suggestions.values())[:SUGGESTIONS]


def alike(names: Iterable[str], *, number: int = 3) -> dict[str, list[Organisation]]:
    """For each name the organisations whose names look like it, the likest first; two queries.

    For a person to choose from, never to decide by: "Raad van Staten" looks like two bodies.
    """
    rows = list(OrganisationKey.objects.values_list("key", "organisation_id"))
    organisations: dict[int, Organisation] = {}
    ranked: dict[str, list[int]] = {}
    for name in names:
        ranked[name] = _ranked(loose_key(name), rows)[:number]
    chosen = {pk for pks in ranked.values() for pk in pks}
    organisations = Organisation.objects.in_bulk(chosen)
    return {
        name: [organisations[pk] for pk in pks if pk in organisations]
        for name, pks in ranked.items()
    }


def _ranked(wanted: str, rows: list[tuple[str, int]]) -> list[int]:
    """Numbers of the organisations whose key is like the wanted one, the likest first."""
    compared = SequenceMatcher(b=wanted, autojunk=False)
    words = set(wanted.split())
    best: dict[int, float] = {}
    for key, number in rows:
        # All words of the shorter name stand in the longer one: "Gent" and "Stad Gent".
        its_words = set(key.split())
        if words and its_words and (words <= its_words or its_words <= words):
            likeness = ALIKE + (1 - ALIKE) * min(len(words), len(its_words)) / max(
                len(words), len(its_words)
            )
        else:
            compared.set_seq1(key)
            if compared.real_quick_ratio() < ALIKE or compared.quick_ratio() < ALIKE:
                continue
            likeness = compared.ratio()
        if likeness >= ALIKE:
            best[number] = max(likeness, best.get(number, 0))
    return sorted(best, key=lambda number: (-best[number], number))
