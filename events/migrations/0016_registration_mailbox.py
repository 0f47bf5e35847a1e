from django.db import migrations, models

from accounts.migrating import AddIndexGently
from events.models.registration import Mailbox


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0015_search_columns")]

    operations = [
        AddIndexGently(
            model_name="registration",
            index=models.Index(
                Mailbox("email_key"), models.F("received_at"), name="registration_mailbox"
            ),
        ),
    ]
