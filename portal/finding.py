"""What anybody finds by words, in groups: sessions, calls, speakers and organisations.

Of what is public alone; a slip too is mended to words of public texts only. Sessions and calls are
those of their lists (`events.choosing`, `procurement.choosing`), which show the rest of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.directory import SEARCHED_ALIAS, SEARCHED_ORGANISATION
from accounts.models import Organisation, OrganisationAlias, Programme, Theme
from accounts.searching import (
    Source,
    containing,
    found_in,
    mended,
    standing_in,
)
from events import choosing as choosing_sessions
from events.announcing import Announcement, announce
from events.choosing import Choice
from events.models import AgendaItem, Contribution, Session, Speaker
from portal.cards import Card, cards_of
from procurement import choosing as choosing_calls
from procurement.choosing import FilterForm, choose
from procurement.models import Call

LONGEST_TEXT = 200
# How many of each group stand on the first page, and on a page of one group.
SHOWN, PAGE_SIZE = 5, 20
# How many sessions of a speaker or an organisation are named.
SESSIONS_NAMED = 3


# What is shown -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundSession:
    """A session; `places` are its agenda items and speakers in which a word was found."""

    session: Session
    announcement: Announcement
    places: list[str]

    @property
    def texts(self) -> list[str]:
        """Where words may be marked."""
        return [self.session.title, self.session.summary, *self.places]


@dataclass(frozen=True)
class FoundCall:
    """A call."""

    card: Card

    @property
    def texts(self) -> list[str]:
        """Where words may be marked."""
        return [self.card.call.title, self.card.call.summary]


@dataclass(frozen=True)
class FoundSpeaker:
    """A speaker, what they were at their latest session, and how many others are not named."""

    speaker: Speaker
    latest: Contribution
    sessions: list[Session]
    more: int

    @property
    def texts(self) -> list[str]:
        """Where words may be marked."""
        return [self.speaker.name]


@dataclass(frozen=True)
class Doing:
    """Something public that an organisation does, in words, and where one sees it."""

    words: str
    url: str


@dataclass(frozen=True)
class FoundOrganisation:
    """An organisation: what it organises, and sessions at which its people speak."""

    organisation: Organisation
    doings: list[Doing] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """Where words may be marked."""
        return [str(self.organisation)]


@dataclass(frozen=True)
class Group:
    """What was found of one kind: how many in all, some of them, and where all of them are."""

    kind: str
    title: Any
    number: int
    rows: Sequence[Any]
    url: str

    @property
    def has_more(self) -> bool:
        """Whether there are others than those shown."""
        return self.number > len(self.rows)


@dataclass(frozen=True)
class Found:
    """What was found for a text; `words` are those to mark.

    `typed` is what was typed, where nothing was found for that and the text is what was meant.
    """

    text: str
    groups: list[Group]
    words: set[str]
    typed: str = ""

    @property
    def number(self) -> int:
        """How many in all."""
        return sum(group.number for group in self.groups)


# Searching ---------------------------------------------------------------------------------------


def search(text: str, now: datetime) -> Found:
    """The first ones of each kind; in as many queries for many as for one."""
    found = _found(text, _groups(text, now))
    if found.number == 0 and (meant := mended(text, _public_texts())):
        found = replace(_found(meant, _groups(meant, now)), typed=text)
    return found


def search_one_kind(
    kind: str, text: str, page: str | None, now: datetime
) -> "tuple[Found, Page[Any]]":
    """A page of a kind that has no list of its own. Raises `KeyError` for another."""
    title, rows_of, describe = _KINDS[kind]
    of_page = Paginator(rows_of(text), PAGE_SIZE).get_page(page)
    group = Group(kind, title, of_page.paginator.count, describe(list(of_page), now), "")
    return _found(text, [group]), of_page


def _groups(text: str, now: datetime) -> list[Group]:
    groups = [
        *(_sessions(text, now, is_past=is_past) for is_past in (False, True)),
        _calls(text, now),
    ]
    for kind, (title, rows_of, describe) in _KINDS.items():
        rows = rows_of(text)
        url = _address("portal:search", q=text, kind=kind)
        groups.append(Group(kind, title, rows.count(), describe(list(rows[:SHOWN]), now), url))
    return groups


def _address(name: str, **parameters: str) -> str:
    return f"{reverse(name)}?{urlencode(parameters)}"


def _found(text: str, groups: list[Group]) -> Found:
    """With the words to mark; of a session also where they are that its own texts do not hold."""
    words = found_in((each for group in groups for row in group.rows for each in row.texts), text)
    for group in groups:
        for row in group.rows:
            if isinstance(row, FoundSession):
                others = words - standing_in([row.session.title, row.session.summary], words)
                row.places[:] = [each for each in row.places if standing_in([each], others)]
    return Found(text, [group for group in groups if group.number], words)


def _public_texts() -> Iterator[Source]:
    public = Session.objects.public()
    yield public, choosing_sessions.SEARCHED
    yield AgendaItem.objects.filter(session__in=public), choosing_sessions.SEARCHED_ITEM
    yield _public_speakers(), choosing_sessions.SEARCHED_SPEAKER
    yield Call.objects.public(), choosing_calls.SEARCHED
    yield _public_organisations(), SEARCHED_ORGANISATION
    yield Theme.objects.all(), choosing_calls.SEARCHED_THEME


# Sessions and calls ------------------------------------------------------------------------------


def _sessions(text: str, now: datetime, *, is_past: bool) -> Group:
    listed = Choice(values={}, text=text, is_past=is_past).listed(now)
    sessions = list(listed.for_pages()[:SHOWN])
    places: dict[int, list[str]] = {}
    for item in AgendaItem.objects.filter(session__in=sessions).in_order().with_speakers():
        speakers = [each.speaker.name for each in item.contributions.all()]
        places.setdefault(item.session_id, []).extend([item.title, *speakers])
    rows = [
        FoundSession(
            session, announce(session, now), list(dict.fromkeys(places.get(session.pk, ())))
        )
        for session in sessions
    ]
    if is_past:
        url = _address("events:sessions", q=text, period="past")
        return Group("past", _("Past sessions"), listed.count(), rows, url)
    url = _address("events:sessions", q=text)
    return Group("coming", _("Coming sessions"), listed.count(), rows, url)


def _calls(text: str, now: datetime) -> Group:
    # A call that merely mentions a word is found too: in which order the list decides.
    numbers = choose(FilterForm({"q": text}), now).in_order(now).values_list("pk", flat=True)
    cards = cards_of(Call.objects.for_cards().in_full(numbers[:SHOWN], now))
    url = _address("portal:deadlines", q=text)
    return Group("calls", _("Calls"), numbers.count(), [FoundCall(card) for card in cards], url)


# Speakers ----------------------------------------------------------------------------------------


def _spoken() -> QuerySet[Contribution]:
    """What is spoken at public sessions, the latest first."""
    public = Contribution.objects.filter(agenda_item__session__in=Session.objects.public())
    return public.order_by("-agenda_item__session__starts_at", "-pk")


def _public_speakers() -> QuerySet[Speaker]:
    return Speaker.objects.filter(Exists(_spoken().filter(speaker=OuterRef("pk"))))


def _speakers(text: str) -> QuerySet[Speaker]:
    """Who speaks at a public session, with these words in their name."""
    found = containing(text, choosing_sessions.SEARCHED_SPEAKER)
    return _public_speakers().filter(*found).order_by("name", "pk")


def _describe_speakers(speakers: list[Speaker], _now: datetime) -> list[FoundSpeaker]:
    spoken: dict[int, list[Contribution]] = {}
    with_all = _spoken().select_related("organisation", "agenda_item__session")
    for each in with_all.filter(speaker__in=speakers):
        spoken.setdefault(each.speaker_id, []).append(each)
    rows = []
    for speaker in speakers:
        sessions = _sessions_of(spoken[speaker.pk])
        named = sessions[:SESSIONS_NAMED]
        rows.append(FoundSpeaker(speaker, spoken[speaker.pk][0], named, len(sessions) - len(named)))
    return rows


def _sessions_of(contributions: Sequence[Contribution]) -> list[Session]:
    return list(dict.fromkeys(each.agenda_item.session for each in contributions))


# Organisations -----------------------------------------------------------------------------------


def _public_organisations() -> QuerySet[Organisation]:
    """Those that organise something public, or whose people speak at a public session."""
    sessions = Session.objects.public().filter(programme__organisation=OuterRef("pk"))
    calls = Call.objects.public().filter(organisers=OuterRef("pk"))
    spoken = _spoken().filter(organisation=OuterRef("pk"))
    return Organisation.objects.filter(Exists(sessions) | Exists(calls) | Exists(spoken))


def _organisations(text: str) -> QuerySet[Organisation]:
    """Of those, the ones that are known by these words."""
    rows = _public_organisations().order_by("name", "pk")
    of_name, of_alias = containing(text, SEARCHED_ORGANISATION), containing(text, SEARCHED_ALIAS)
    for name, alias in zip(of_name, of_alias, strict=True):
        named = Organisation.objects.filter(name).order_by().values("pk")
        rows = rows.filter(
            pk__in=named.union(OrganisationAlias.objects.filter(alias).values("organisation"))
        )
    return rows


def _describe_organisations(
    organisations: list[Organisation], now: datetime
) -> list[FoundOrganisation]:
    rows: dict[int | None, FoundOrganisation] = {
        each.pk: FoundOrganisation(each) for each in organisations
    }
    is_public = Q(sessions__isnull=False) & ~Q(sessions__status=Session.Status.DRAFT)
    programmes: Any = Programme.objects.filter(organisation__in=organisations).annotate(
        number=Count("sessions", filter=is_public),
        coming=Count("sessions", filter=is_public & Q(sessions__ends_at__gt=now)),
    )
    for programme in programmes.filter(number__gt=0):
        words = ngettext(
            "%(programme)s: %(number)s session",
            "%(programme)s: %(number)s sessions",
            programme.number,
        ) % {"programme": programme, "number": programme.number}
        # The list shows those that come, or those that are past.
        period = {} if programme.coming else {"period": "past"}
        url = _address("events:sessions", programme=programme.slug, **period)
        rows[programme.organisation_id].doings.append(Doing(words, url))
    public = Call.objects.public().filter(organisers__in=organisations).order_by()
    for number, times in public.values_list("organisers").annotate(Count("pk", distinct=True)):
        words = ngettext("%(number)s call", "%(number)s calls", times) % {"number": times}
        url = _address("portal:deadlines", organiser=rows[number].organisation.slug)
        rows[number].doings.append(Doing(words, url))
    spoken = _spoken().filter(organisation__in=organisations)
    for each in spoken.select_related("agenda_item__session"):
        sessions, session = rows[each.organisation_id].sessions, each.agenda_item.session
        if session not in sessions and len(sessions) < SESSIONS_NAMED:
            sessions.append(session)
    return list(rows.values())


Describe = Callable[[list[Any], datetime], list[Any]]
_KINDS: dict[str, tuple[Any, Callable[[str], QuerySet[Any]], Describe]] = {
    "speakers": (_("Speakers"), _speakers, _describe_speakers),
    "organisations": (_("Organisations"), _organisations, _describe_organisations),
}
