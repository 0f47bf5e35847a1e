"""What the database does by itself when something changes that a calendar may show.

Triggers, since a change by any other way (an update of many rows, the administration, a
colleague's SQL) would else leave feeds that lie.

The steps are random, so that a database that was put back to yesterday's backup never gets to an
edition that somebody has seen with other contents.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

from django.db import connection

STEP = "calendar_edition_step"
TOUCH = "calendar_entry_touch"


@dataclass(frozen=True)
class Touch:
    """That rows tell in a calendar what stands in columns of another table, such as a name.

    When that changes, `changed_at` of those rows moves: programs that look at LAST-MODIFIED keep
    what they have otherwise. `where` says which rows, with NEW for the row that changed.
    """

    table: str
    columns: tuple[str, ...]
    touched: str
    where: str

    @property
    def name(self) -> str:
        """The name of its trigger."""
        return f"{TOUCH}_{self.table}_{self.touched}"

    def differs(self, operator: str) -> str:
        """The condition that one of its columns got another value."""
        return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in self.columns)


_watched: set[str] = set()
_touches: list[Touch] = []


def watch(*tables: str) -> None:
    """Name tables of which a calendar shows something, or by which it chooses; when apps start."""
    _watched.update(tables)


def touch(*touches: Touch) -> None:
    """Name columns that are told with rows of another table; when apps start."""
    _touches.extend(touches)


def watched() -> frozenset[str]:
    """The tables whose every change takes a step."""
    return frozenset(_watched)


def stand_back(*, plan: list[object], **_sent: object) -> None:
    """Take the triggers of SQLite away before a migration, which else cannot make a table anew.

    While it does there is no table of that name for a moment, and SQLite refuses what a trigger of
    another table could then not find. `install` puts them back.
    """
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            if name.startswith((STEP, TOUCH)):
                cursor.execute(f"DROP TRIGGER {name}")


def install(**_sent: object) -> None:
    """See that the database does its part, and take a step; again after every migration.

    SQLite makes a table anew for many migrations, and its triggers are gone with the old one.
    """
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if "ical_editionstep" not in there:
            return
        tables = sorted(_watched & there)
        touches = [each for each in _touches if {each.table, each.touched} <= there]
        if connection.vendor == "postgresql":
            for statement in _for_postgresql(tables, touches):
                cursor.execute(statement)
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            known = dict(cursor.fetchall())
            for name, statement in _for_sqlite(tables, touches):
                if known.get(name) != statement:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                    cursor.execute(statement)
        cursor.execute(_TAKE_STEP[connection.vendor])


_TAKE_STEP = {
    "postgresql": "INSERT INTO ical_editionstep (token) VALUES ((random() * 2 ^ 60)::bigint)",
    "sqlite": "INSERT INTO ical_editionstep (token) VALUES (random() / 8)",
}
# On PostgreSQL a step for each statement, whatever the number of rows.
_PG_FUNCTION = Template(
    "CREATE OR REPLACE FUNCTION $name() RETURNS trigger LANGUAGE plpgsql AS"
    " $$$$ BEGIN $does; RETURN NULL; END $$$$"
)
_PG_WATCHING = Template(
    "CREATE OR REPLACE TRIGGER $name AFTER INSERT OR UPDATE OR DELETE ON $table"
    " FOR EACH STATEMENT EXECUTE FUNCTION $name()"
)
_PG_TOUCHED = Template("UPDATE $touched SET changed_at = now() WHERE $where")
_PG_TOUCHING = Template(
    "CREATE OR REPLACE TRIGGER $name AFTER UPDATE OF $columns ON $table"
    " FOR EACH ROW WHEN ($differs) EXECUTE FUNCTION $name()"
)
# On SQLite a step for each row, so only the last is kept: one writes at a time. Nothing in them can
# conflict: the statement that sets off a trigger lends it its own way of dealing with conflicts,
# "ignore" for one.
_SQLITE_WATCHING = Template(
    "CREATE TRIGGER $name AFTER $act ON $table BEGIN DELETE FROM ical_editionstep; $take_step; END"
)
_SQLITE_TOUCHING = Template(
    "CREATE TRIGGER $name AFTER UPDATE OF $columns ON $table WHEN $differs"
    " BEGIN UPDATE $touched SET changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now')"
    " WHERE $where; END"
)


def _for_postgresql(tables: Iterable[str], touches: Iterable[Touch]) -> Iterable[str]:
    yield _PG_FUNCTION.substitute(name=STEP, does=_TAKE_STEP["postgresql"])
    for table in tables:
        yield _PG_WATCHING.substitute(name=STEP, table=table)
    for rule in touches:
        does = _PG_TOUCHED.substitute(touched=rule.touched, where=rule.where)
        yield _PG_FUNCTION.substitute(name=rule.name, does=does)
        yield _PG_TOUCHING.substitute(
            name=rule.name,
            columns=", ".join(rule.columns),
            table=rule.table,
            differs=rule.differs("IS DISTINCT FROM"),
        )


def _for_sqlite(tables: Iterable[str], touches: Iterable[Touch]) -> Iterable[tuple[str, str]]:
    """Triggers with their names."""
    for table in tables:
        for act in ("INSERT", "UPDATE", "DELETE"):
            name = f"{STEP}_{table}_{act.lower()}"
            yield (
                name,
                _SQLITE_WATCHING.substitute(
                    name=name, act=act, table=table, take_step=_TAKE_STEP["sqlite"]
                ),
            )
    for rule in touches:
        yield (
            rule.name,
            _SQLITE_TOUCHING.substitute(
                name=rule.name,
                columns=", ".join(rule.columns),
                table=rule.table,
                differs=rule.differs("IS NOT"),
                touched=rule.touched,
                where=rule.where,
            ),
        )
