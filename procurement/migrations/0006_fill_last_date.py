from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import migrations


def fill(apps, schema_editor):
    """The last day on which a deadline is open, in its own zone."""
    Deadline = apps.get_model("procurement", "Deadline")
    for row in Deadline.objects.only("closes_at", "time_zone").iterator():
        last = (row.closes_at - timedelta.resolution).astimezone(ZoneInfo(row.time_zone))
        Deadline.objects.filter(pk=row.pk).update(last_date=last.date())


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0005_last_date'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
