from django.db import migrations

from accounts.migrating import AddSearchIndexGently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0013_speaker_pages_and_materials"), ("accounts", "0017_plain_text")]

    operations = [
        AddSearchIndexGently(
            "Session",
            "session_search",
            ("title_nl", "title_fr", "title_en", "summary_nl", "summary_fr", "summary_en"),
        ),
        AddSearchIndexGently(
            "AgendaItem", "agenda_item_search", ("title_nl", "title_fr", "title_en")
        ),
        AddSearchIndexGently("Speaker", "speaker_search", ("name",)),
    ]
