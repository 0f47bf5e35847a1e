from django.db import migrations

from accounts.migrating import AddSearchIndexGently

TEXTS = ("title", "summary", "body", "target_group")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("procurement", "0009_keeping_trajectories"),
        ("accounts", "0017_plain_text"),
    ]

    operations = [
        AddSearchIndexGently(
            "Call",
            "call_search",
            tuple(f"{text}_{code}" for text in TEXTS for code in ("nl", "fr", "en")),
        )
    ]
