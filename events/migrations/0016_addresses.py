from django.db import migrations, models

from accounts.migrating import AddCheckGently, AddIndexGently, AddUniqueGently
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
        migrations.AddField(
            model_name="registration",
            name="shared_as",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The name, as names are compared, of who shares an address that was registered before; empty: theirs alone, or theirs first.",
                max_length=200,
            ),
        ),
        # The new one stands before the old one goes.
        AddUniqueGently(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=~models.Q(state="cancelled") & models.Q(anonymised_at=None),
                fields=("session", "email_key", "shared_as"),
                name="one_live_registration_by_name",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="one_live_registration_each",
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="registration_anonymous_names_nobody",
        ),
        AddCheckGently(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(anonymised_at=None)
                | models.Q(
                    email="",
                    email_key="",
                    form_token="",
                    job_title="",
                    name="",
                    organisation_key="",
                    organisation_name="",
                    shared_as="",
                ),
                name="registration_anonymous_names_nobody",
            ),
        ),
    ]
