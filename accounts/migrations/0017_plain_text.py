"""What search asks of PostgreSQL: words that look alike, and texts without case and accents.

The same as `accounts.searching.plain`, which SQLite is given at each connection.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from accounts.migrating import AddTrigrams

LETTERS = (
    "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåçèéêëìíîïñòóôõöøùúûüýÿĀāĂ"
    "ăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĴĵĶķĹĺĻļĽľĿŀŁ"
    "łŃńŅņŇňŉŊŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžſŒ"
    "ÆĲ"
)
BARE = (
    "aaaaaaceeeeiiiiðnoooooouuuuyþaaaaaaceeeeiiiinoooooouuuuyyaaa"
    "aaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjkklllllllll"
    "lnnnnnnnŋoooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzsœ"
    "æĳ"
)
SIGNS = (
    "×÷\u0009\u000a\u000b\u000c\u000d!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u00a0"
    "\u00a1\u00a2\u00a3\u00a4\u00a5\u00a6\u00a7\u00a8\u00a9\u00ab\u00ac\u00ae\u00af\u00b0\u00b1\u00b4\u00b6\u00b7\u00b8\u00bb\u00bf\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u2022\u2039\u203a\u20ac\u202f\u2011"
)
UNSEEN = "\u00ad\u200b"

# Letters that are spelt with two.
SPELT = {"œ": "oe", "æ": "ae", "ĳ": "ij", "ß": "ss"}


def add_function(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make it on PostgreSQL. The planner reads it as the expression it consists of."""
    if schema_editor.connection.vendor != "postgresql":
        return
    before = (LETTERS + SIGNS + UNSEEN).replace("'", "''")
    plain = f"lower(translate($1, '{before}', '{BARE + ' ' * len(SIGNS)}'))"
    for letter, spelt in SPELT.items():
        plain = f"replace({plain}, '{letter}', '{spelt}')"
    schema_editor.execute(
        "CREATE OR REPLACE FUNCTION plain_text(text) RETURNS text"
        f" LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$ SELECT {plain} $function$",
        params=None,
    )


def drop_function(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take it away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION plain_text(text)")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_logo_of_a_programme")]

    operations = [AddTrigrams(), migrations.RunPython(add_function, drop_function)]
