from django.db import migrations

from accounts.migrating import AddSearchIndexGently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0017_plain_text")]

    operations = [
        AddSearchIndexGently(
            "Organisation",
            "organisation_search",
            ("name_nl", "name_fr", "name_en", "abbreviation_nl", "abbreviation_fr", "abbreviation_en"),
        ),
        AddSearchIndexGently("OrganisationAlias", "organisation_alias_search", ("name",)),
    ]
