from django.db import migrations

from accounts.migrating import AddSearchColumnsGently, RemoveSearchIndexGently

NAMES = ("name_nl", "name_fr", "name_en", "abbreviation_nl", "abbreviation_fr", "abbreviation_en")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0020_word_forms")]

    operations = [
        # First: it would be made anew with the table.
        RemoveSearchIndexGently("Organisation", "organisation_search", NAMES),
        RemoveSearchIndexGently("OrganisationAlias", "organisation_alias_search", ("name",)),
        AddSearchColumnsGently("Organisation", searched=NAMES),
        AddSearchColumnsGently("OrganisationAlias", searched=("name",)),
    ]
