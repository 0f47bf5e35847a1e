from django.db import migrations

from accounts.migrating import AddSearchColumnsGently, RemoveSearchIndexGently

TITLES = ("title_nl", "title_fr", "title_en")
TEXTS = tuple(
    f"{text}_{code}"
    for text in ("title", "summary", "body", "target_group")
    for code in ("nl", "fr", "en")
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("procurement", "0010_search_index"), ("accounts", "0020_word_forms")]

    operations = [
        # First: it would be made anew with the table.
        RemoveSearchIndexGently("Call", "call_search", TEXTS),
        AddSearchColumnsGently("Call", searched=TEXTS, named=(*TITLES, "slug")),
    ]
