from django.db import migrations

from accounts.migrating import AddSearchColumnsGently, RemoveSearchIndexGently

TITLES = ("title_nl", "title_fr", "title_en")
TEXTS = (*TITLES, "summary_nl", "summary_fr", "summary_en")
NAMES = (*TITLES, "venue_nl", "venue_fr", "venue_en", "slug")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0014_search_index"), ("accounts", "0020_word_forms")]

    operations = [
        # First: it would be made anew with the table.
        RemoveSearchIndexGently("Session", "session_search", TEXTS),
        RemoveSearchIndexGently("AgendaItem", "agenda_item_search", TITLES),
        RemoveSearchIndexGently("Speaker", "speaker_search", ("name",)),
        AddSearchColumnsGently("Session", searched=TEXTS, named=NAMES),
        AddSearchColumnsGently("AgendaItem", searched=TITLES),
        AddSearchColumnsGently("Speaker", searched=("name",)),
    ]
