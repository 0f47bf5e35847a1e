"""Which sessions somebody chose: the search and filters that the list and its feed share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import QueryDict

from accounts.models import Programme, Theme
from accounts.names import is_storable
from accounts.searching import Texts, containing, in_each_language
from events.models import AgendaItem, Contribution, Session, SessionQuerySet, Speaker
from events.months import Month

# A cancelled session that left a feed at once would stay in some calendars for ever.
KEPT_IN_FEEDS = timedelta(days=30)

# The texts of a session, an agenda item and a speaker in which words are sought, and those of a
# session by which who organises it knows it.
SEARCHED = Texts(in_each_language("title", "summary"), kept_as="searched")
SEARCHED_ITEM = Texts(in_each_language("title"), kept_as="searched")
SEARCHED_SPEAKER = Texts(["name"], kept_as="searched")
NAMED = Texts([*in_each_language("title", "venue"), "slug"], kept_as="named")

# What a filter's name in the address stands for in the database.
FILTERS = {
    "theme": "themes__code",
    "programme": "programme__slug",
    "language": "language",
    "kind": "kind",
    "attendance": "attendance",
}


@dataclass(frozen=True)
class Choice:
    """What the parameters of an address ask for; `values` holds the filters that are set."""

    values: dict[str, list[str]]
    text: str
    is_past: bool
    month: Month | None = None

    @classmethod
    def of(cls, parameters: QueryDict) -> "Choice":
        """Read it; what is empty is not asked for."""
        values = {name: list(filter(None, parameters.getlist(name))) for name in FILTERS}
        month = Month.read(parameters.get("month", ""))
        return cls(
            values={name: asked for name, asked in values.items() if asked},
            text=parameters.get("q", "").strip(),
            is_past=month is None and parameters.get("period") == "past",
            month=month,
        )

    @property
    def chosen(self) -> dict[str, str]:
        """The filters that are set, each with one value, as the list has them."""
        return {name: asked[-1] for name, asked in self.values.items()}

    @property
    def is_everything(self) -> bool:
        """Whether nothing was asked for but the period."""
        return not self.values and not self.text

    def period(self, now: datetime) -> SessionQuerySet:
        """The public sessions of the month; without one those that come, or those that are past."""
        public = Session.objects.public()
        if self.month:
            return public.within(self.month.starts_at, self.month.ends_at)
        return public.past(now) if self.is_past else public.coming(now)

    def listed(self, now: datetime) -> SessionQuerySet:
        """The sessions for the list, in its order."""
        return self._matching(self.period(now))

    def subscribed(self, now: datetime) -> SessionQuerySet:
        """The sessions for a feed: those of the list, and what has ended not long ago."""
        if self.is_past:
            return self.listed(now)
        recent = Session.objects.public().coming(now - KEPT_IN_FEEDS)
        return self._matching(recent)

    def _matching(self, sessions: SessionQuerySet) -> SessionQuerySet:
        asked = [value for values in self.values.values() for value in values]
        if not is_storable(self.text + "".join(asked)):
            return sessions.none()
        for name, values in self.values.items():
            sessions = sessions.filter(**{f"{FILTERS[name]}__in": values})
        if len(self.values.get("theme", ())) > 1:
            sessions = sessions.distinct()
        if self.text:
            sessions = _found(sessions, self.text)
        return sessions


def _found(sessions: SessionQuerySet, text: str) -> SessionQuerySet:
    """Those that hold each word, in any language: pages show what their own lacks.

    In their title or summary, that of an agenda item, or the name of a speaker; each of these is
    looked up by itself, which an index can do.
    """
    own = containing(text, SEARCHED)
    of_item = containing(text, SEARCHED_ITEM)
    of_speaker = containing(text, SEARCHED_SPEAKER)
    for word, item, speaker in zip(own, of_item, of_speaker, strict=True):
        spoken = Contribution.objects.filter(speaker__in=Speaker.objects.filter(speaker))
        # Not joined by OR, for which PostgreSQL may look each of them up again for every row.
        holding = Session.objects.filter(word).order_by().values("pk")
        sessions = sessions.filter(
            pk__in=holding.union(
                AgendaItem.objects.filter(item).order_by().values("session"),
                spoken.order_by().values("agenda_item__session"),
            )
        )
    return sessions


def named(sessions: SessionQuerySet, text: str) -> SessionQuerySet:
    """Those with each word in their title, place or short address, the latest first."""
    if not is_storable(text):
        return sessions.none()
    found = sessions.filter(*containing(text, NAMED))
    return found.order_by("-starts_at", "-pk")


def themes_of(choice: Choice, now: datetime) -> Iterable[Theme]:
    """The themes of the period's sessions; the chosen one stays, so that it can be undone."""
    theme = choice.chosen.get("theme", "")
    is_chosen = Q(code=theme) if is_storable(theme) else Q(code="")
    return Theme.objects.filter(Q(sessions__in=choice.period(now)) | is_chosen).distinct()


def programmes_of(choice: Choice, now: datetime) -> Iterable[Programme]:
    """The programmes of the period's sessions, and the chosen one."""
    programme = choice.chosen.get("programme", "")
    is_chosen = Q(slug=programme) if is_storable(programme) else Q(slug="")
    return Programme.objects.filter(Q(sessions__in=choice.period(now)) | is_chosen).distinct()


def values_of(choice: Choice, now: datetime) -> dict[str, set[str]]:
    """Which kinds, attendances and languages the period's sessions have, and the chosen ones."""
    names = ("kind", "attendance", "language")
    rows = set(choice.period(now).order_by().values_list(*names).distinct())
    return {
        name: {row[position] for row in rows} | {choice.chosen.get(name, "")}
        for position, name in enumerate(names)
    }
