from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def tell_cost(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the planner know that it takes long, so that it goes by an index where it can.

    With a setting of its own it stays a function: read as the expression it consists of, it would
    count as one of the cheapest.
    """
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER FUNCTION plain_text(text) COST 5000 SET search_path = pg_catalog"
        )


def tell_none(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """As it was."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER FUNCTION plain_text(text) COST 100 RESET search_path")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_search_index")]

    operations = [migrations.RunPython(tell_cost, tell_none)]
