"""Changing tables that grow with every visitor, without anybody having to wait.

On PostgreSQL each takes a lock that reading and writing do not mind, and therefore stands in a
migration with `atomic = False`. On SQLite, where one writes at a time anyway, they are Django's.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import NotSupportedError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddIndex
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


def _is_postgresql(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"
