import procurement.models.call
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0004_years_are_plausible'),
    ]

    operations = [
        migrations.AddField(
            model_name='deadline',
            name='last_date',
            field=procurement.models.call.LastDateField(editable=False, null=True, verbose_name='last day'),
        ),
    ]
