"""Changing tables that grow with every visitor, without anybody having to wait.

On PostgreSQL each takes a lock that reading and writing do not mind, and therefore stands in a
migration with `atomic = False`. On SQLite, where one writes at a time anyway, they are Django's.
What search has in PostgreSQL alone is made here too.
"""

from collections.abc import Callable, Iterable

from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.core.management import CommandError
from django.db import DatabaseError, NotSupportedError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AddIndexGently(AddIndexConcurrently):
    """Makes an index while the table is written to."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make it."""
        if _is_postgresql(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take it away again."""
        if _is_postgresql(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddCheckGently(AddConstraint):
    """Adds a check: at once for rows to come, then, while all goes on, for those that are there."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add it, and then read the table. Fails where a row breaks it, and leaves it added."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not _is_postgresql(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if schema_editor.atomic_migration:
            raise NotSupportedError("Set atomic = False: else the lock is held until all is read.")
        quote = schema_editor.quote_name
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID")
        schema_editor.execute(
            f"ALTER TABLE {quote(model._meta.db_table)}"
            f" VALIDATE CONSTRAINT {quote(self.constraint.name)}",
            params=None,
        )


class AddUniqueGently(AddConstraint):
    """Makes a condition of uniqueness hold, for some rows only, while the table is written to."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make its index. Fails where rows break it, and leaves one that counts for nothing."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not _is_postgresql(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        statement = str(self.constraint.create_sql(model, schema_editor))
        schema_editor.execute(
            statement.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY", 1), params=None
        )


class AddTrigrams(TrigramExtension):
    """Adds the extension pg_trgm, which comes with PostgreSQL; nothing on SQLite.

    Raises `CommandError`, a sentence for who migrates, where this user may not or it is missing.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add it, where it is not there yet."""
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        except DatabaseError as refusal:
            [reason, *_hints] = str(refusal).splitlines()
            raise CommandError(
                "Search needs the extension pg_trgm, which PostgreSQL does not let this user add"
                f" ({reason}): let an administrator of the database run CREATE EXTENSION pg_trgm"
                " in it, and migrate again."
            ) from refusal

    def database_backwards(self, *_where: object) -> None:
        """Leave it: others may use it."""


class AddSearchIndexGently(Operation):
    """Makes the index by which PostgreSQL finds words in columns, while the table is written to.

    Of expressions that were sought once, before `AddSearchColumnsGently`; nothing on SQLite.
    """

    reversible = True

    def __init__(self, model_name: str, name: str, columns: tuple[str, ...]) -> None:
        self.model_name, self.name, self.columns = model_name, name, columns

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models do not know of it: SQLite could not make it."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make it; what was left of a time that it did not succeed goes first."""
        if not _is_postgresql(schema_editor):
            return
        quote = schema_editor.quote_name
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        text = _plain_of(self.columns, quote)
        forms = ", ".join(
            f"to_tsvector('{dictionary}'::regconfig, COALESCE({text}, ''))"
            for dictionary in ("dutch", "french", "english")
        )
        self._drop(schema_editor)
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY {quote(self.name)} ON {quote(table)}"
            f" USING gin ({text} gin_trgm_ops, {forms})",
            params=None,
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take it away again."""
        if _is_postgresql(schema_editor):
            self._drop(schema_editor)

    def _drop(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        name = schema_editor.quote_name(self.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    def describe(self) -> str:
        """What it does, for who migrates."""
        return f"Make the index {self.name} for search in {self.model_name}"


class RemoveSearchIndexGently(AddSearchIndexGently):
    """Takes such an index away, while the table is written to."""

    database_forwards = AddSearchIndexGently.database_backwards
    database_backwards = AddSearchIndexGently.database_forwards

    def describe(self) -> str:
        """What it does, for who migrates."""
        return f"Remove the index {self.name} for search in {self.model_name}"


class AddSearchColumnsGently(Operation):
    """Adds columns in which PostgreSQL keeps texts ready for search, with their indexes.

    `kept` says of which columns each pair is made, by the name it is `kept_as` in
    `accounts.searching.Texts`; nothing on SQLite. The database keeps them by itself, so that no way
    of writing leaves them behind. The price is one rewriting of the table, in which nobody reads or
    writes it: some seconds for a thousand sessions. And as long as they are there PostgreSQL
    changes the type of no column they are made of: a migration that does takes them away before,
    and adds them again.
    """

    reversible = True

    def __init__(self, model_name: str, **kept: tuple[str, ...]) -> None:
        self.model_name, self.kept = model_name, kept

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models do not know of them: every query would fetch them."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add them; what is left of a time that it did not succeed is no harm."""
        if not _is_postgresql(schema_editor):
            return
        quote, table = schema_editor.quote_name, self._table(app_label, to_state)
        added = []
        for name, columns in self.kept.items():
            text = _plain_of(columns, quote)
            added += [
                f"{name}_plain text GENERATED ALWAYS AS ({text}) STORED",
                f"{name}_forms tsvector GENERATED ALWAYS AS (word_forms({text})) STORED",
            ]
        add = ", ".join(f"ADD COLUMN IF NOT EXISTS {column}" for column in added)
        schema_editor.execute(f"ALTER TABLE {quote(table)} {add}", params=None)
        for name in self.kept:
            index = quote(f"{table}_{name}")
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY {index} ON {quote(table)}"
                f" USING gin ({name}_plain gin_trgm_ops, {name}_forms)",
                params=None,
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Take them away again, and the indexes with them."""
        if _is_postgresql(schema_editor):
            table = schema_editor.quote_name(self._table(app_label, to_state))
            dropped = ", ".join(
                f"DROP COLUMN {name}_plain, DROP COLUMN {name}_forms" for name in self.kept
            )
            schema_editor.execute(f"ALTER TABLE {table} {dropped}", params=None)

    def _table(self, app_label: str, state: ProjectState) -> str:
        table: str = state.apps.get_model(app_label, self.model_name)._meta.db_table
        return table

    def describe(self) -> str:
        """What it does, for who migrates."""
        return f"Keep texts of {self.model_name} ready for search"


def _plain_of(columns: Iterable[str], quote: Callable[[str], str]) -> str:
    """The texts after each other, plain, as `accounts.searching.Plain` has them."""
    joined = " || ' ' || ".join(f"COALESCE({quote(each)}, '')" for each in columns)
    return f"plain_text(' ' || {joined})"


def _is_postgresql(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"
