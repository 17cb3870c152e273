import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0024_warm_ups'),
    ]

    operations = [
        migrations.AddField(
            model_name='rehearsal',
            name='hold',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='publishing.releaseevent'),
        ),
    ]
