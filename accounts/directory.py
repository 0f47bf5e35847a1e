"""Finding an organisation by what somebody typed, or by their mail address."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Organisation, OrganisationDomain, OrganisationKey
from accounts.names import is_storable, matching_key

SUGGESTIONS = 8


@transaction.atomic
def index_names(organisation: Organisation) -> None:
    """Renew the keys under which an organisation is found; call it when any of its names change."""
    names = [
        getattr(organisation, f"{field}_{language}")
        for field in ("name", "abbreviation")
        for language, _label in settings.LANGUAGES
    ]
    names += organisation.aliases.values_list("name", flat=True)
    keys = {matching_key(name) for name in names if name}
    organisation.keys.exclude(key__in=keys).delete()
    OrganisationKey.objects.bulk_create(
        [OrganisationKey(organisation=organisation, key=key) for key in sorted(keys)],
        ignore_conflicts=True,
    )


def find(name: str) -> Organisation | None:
    """The one organisation with this name, abbreviation or alias; None if unknown or ambiguous."""
    if not is_storable(name):
        return None
    keys = {matching_key(name), matching_key(_plain(name))}
    found = list(Organisation.objects.filter(keys__key__in=keys).distinct()[:2])
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    """The name without the abbreviation that `str(organisation)` adds in brackets."""
    return name.rpartition(" (")[0] if name.endswith(")") and " (" in name else name


def at_domain(domain: str) -> Organisation | None:
    """The organisation a mail domain belongs to; a subdomain belongs to the nearest known one."""
    if not is_storable(domain):
        return None
    labels = domain.strip().lower().split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    known = OrganisationDomain.objects.filter(domain__in=domains).select_related("organisation")
    return max(known, key=lambda row: len(row.domain)).organisation if known else None


def suggest(text: str) -> list[Organisation]:
    """Organisations somebody may mean: whose name starts so, then those with a word that does."""
    suggestions: dict[int, Organisation] = {}
    if (key := matching_key(text)) and is_storable(text):
        for condition in (Q(keys__key__startswith=key), Q(keys__key__contains=f" {key}")):
            matching = Organisation.objects.filter(condition).distinct()
            for organisation in matching.order_by("name", "pk")[:SUGGESTIONS]:
                suggestions.setdefault(organisation.pk, organisation)
    return list(suggestions.values())[:SUGGESTIONS]
