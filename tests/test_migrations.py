"""That migrations hold nobody up, and leave the version before them able to work.

New ones are read as the SQL that PostgreSQL would get. What is refused here may still be right,
where the table is unused for one: then the migration says so, `holds_up = "why that is no harm"`.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from accounts.migrating import AddCheckGently, AddIndexGently

# The last of each app from before anybody ran this in production: these were never looked at.
BASELINE = {
    "accounts": 13,
    "events": 10,
    "ical": 1,
    "mailing": 6,
    "portal": 3,
    "procurement": 9,
}
# Those that grow with every visitor. All others hold thousands of rows at most, which are read
# under a lock in milliseconds, and written anew with columns for search in some seconds.
BIG = {
    "accounts_auditentry",
    "events_answer",
    "events_consent",
    "events_needs",
    "events_presence",
    "events_registration",
    "mailing_message",
    "django_session",
}
_NAME = r'"?(\w+)"?'
_ALTER = re.compile(rf"ALTER TABLE {_NAME} (.*)", re.DOTALL)
_INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON {_NAME}")
_WRITES = re.compile(rf"(?:UPDATE|DELETE FROM) {_NAME}")
_ADDED = re.compile(rf"ADD COLUMN {_NAME} (.*)", re.DOTALL)


def complaints(statements: list[str]) -> Iterator[str]:
    """What in the SQL of a migration holds people up, or stops the version before it."""
    made = {name for each in statements for name in re.findall(rf"CREATE TABLE {_NAME}", each)}
    for statement in statements:
        if (found := _INDEX.match(statement)) and found[1] in BIG - made:
            yield f"{found[1]} cannot be written to while an index is made: AddIndexGently"
        if (found := _WRITES.match(statement)) and found[1] in BIG - made:
            yield f"{found[1]} is rewritten in one go: in batches, outside a transaction"
        found = _ALTER.match(statement)
        if found and found[1] not in made:
            yield from _of_altering(found[1], found[2], statements)
        if statement.startswith("DROP TABLE"):
            yield "a table goes that the version before still reads: one version later"


def _of_altering(table: str, does: str, statements: list[str]) -> Iterator[str]:
    added = _ADDED.match(does)
    if added:
        dropped = f'ALTER COLUMN "{added[1]}" DROP DEFAULT'
        has_default = " DEFAULT " in added[2] and not any(dropped in each for each in statements)
        if "NOT NULL" in added[2] and not has_default:
            yield f"{table}.{added[1]} is unknown to the version before: db_default, or null"
        if " GENERATED " in added[2] and " STORED" in added[2] and table in BIG:
            yield f"{table} is rewritten for a generated column"
    if does.startswith(("DROP COLUMN", "RENAME")):
        yield f"the version before still reads what goes from {table}: one version later"
    if re.match(r'ALTER COLUMN "?\w+"? SET NOT NULL', does):
        yield f"{table}: the version before may still write null there: one version later"
    if table not in BIG:
        return
    if re.match(r'ALTER COLUMN "?\w+"? TYPE', does) and not _only_longer(does):
        yield f"{table} is rewritten for another type: a new column, filled in batches"
    is_checked = does.startswith("ADD CONSTRAINT") and "NOT VALID" not in does
    if is_checked and " USING INDEX " not in does:
        yield f"{table} is read in full under a lock: AddCheckGently"


def _only_longer(does: str) -> bool:
    """To text without a limit costs nothing; whether varchar(n) grew, the SQL does not tell."""
    return re.search(r"TYPE text\b", does) is not None


def sql_of(migration: Migration, before: ProjectState) -> list[str]:
    """The statements that PostgreSQL would get; what Python does in it does not show."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    return [each for each in editor.collected_sql if not each.startswith("--")]


def excuse(migration: Migration) -> str:
    return getattr(migration, "holds_up", "")


@pytest.mark.postgres
# What is made beside the work of others refuses to be in a transaction.
@pytest.mark.django_db(transaction=True)
def test_no_new_migration_holds_anybody_up() -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    state = executor._create_project_state()
    found = []

    for migration, _backwards in plan:
        is_ours = migration.app_label in BASELINE
        is_new = is_ours and int(migration.name[:4]) > BASELINE[migration.app_label]
        if is_new and not excuse(migration):
            statements = sql_of(migration, state)
            found += [f"{migration}: {each}" for each in complaints(statements)]
        state = migration.mutate_state(state, preserve=False)

    assert found == []


# That it finds what it is for --------------------------------------------------------------------


def trial(*operations: Any, model: str = "registration") -> list[str]:
    """What is said of a migration of a big table that has a column `name`."""
    app, table = "events", f"events_{model}"
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=9, null=True)),
    ]
    state = ProjectState()
    created = migrations.CreateModel(model.title(), fields, options={"db_table": table})
    created.state_forwards(app, state)
    migration = Migration("trial", app)
    migration.operations = list(operations)
    migration.atomic = False
    return list(complaints(sql_of(migration, state)))


def _index() -> models.Index:
    return models.Index(fields=["name"], name="trial_index")


def _check() -> models.CheckConstraint:
    return models.CheckConstraint(condition=~models.Q(name=""), name="trial")


HARMFUL = {
    "index": lambda: migrations.AddIndex("registration", _index()),
    "check": lambda: migrations.AddConstraint("registration", _check()),
    "unique": lambda: migrations.AddConstraint(
        "registration", models.UniqueConstraint(fields=["name"], name="trial")
    ),
    "shorter": lambda: migrations.AlterField(
        "registration", "name", models.CharField(max_length=5, null=True)
    ),
    "required": lambda: migrations.AlterField(
        "registration", "name", models.CharField(max_length=9, default="")
    ),
    "no default": lambda: migrations.AddField(
        "registration", "more", models.CharField(max_length=9, default="")
    ),
    "goes": lambda: migrations.RemoveField("registration", "name"),
    "renamed": lambda: migrations.RenameField("registration", "name", "named"),
    "deleted": lambda: migrations.DeleteModel("registration"),
    "rewritten": lambda: migrations.RunSQL("UPDATE events_registration SET name = ''"),
}
HARMLESS = {
    "column": lambda: migrations.AddField(
        "registration", "more", models.CharField(max_length=9, default="", db_default="")
    ),
    "nullable": lambda: migrations.AddField(
        "registration", "more", models.DateTimeField(null=True)
    ),
    "index": lambda: AddIndexGently("registration", _index()),
    "check": lambda: AddCheckGently("registration", _check()),
    "new table": lambda: migrations.CreateModel(
        "fresh", [("id", models.BigAutoField(primary_key=True))]
    ),
}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", HARMFUL)
def test_what_holds_people_up_is_found(name: str) -> None:
    assert trial(HARMFUL[name]())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_is_let_through(name: str) -> None:
    assert trial(HARMLESS[name]()) == []


@pytest.mark.django_db(transaction=True)
def test_gentle_changes_are_made_on_both_databases() -> None:
    created = migrations.CreateModel(
        "Trial",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=9, null=True)),
        ],
        options={"db_table": "trial"},
    )
    operations = [created, AddIndexGently("trial", _index()), AddCheckGently("trial", _check())]
    migration = Migration("trial", "events")
    migration.operations, migration.atomic = list(operations), False

    with connection.schema_editor(atomic=False) as editor:
        after = migration.apply(ProjectState(), editor)
    trial_model = after.apps.get_model("events", "trial")
    try:
        with pytest.raises(IntegrityError):
            trial_model.objects.create(name="")
        with connection.cursor() as cursor:
            made = connection.introspection.get_constraints(cursor, "trial")
        assert {"trial", "trial_index"} <= set(made)
    finally:
        with connection.schema_editor(atomic=False) as editor:
            editor.delete_model(trial_model)
