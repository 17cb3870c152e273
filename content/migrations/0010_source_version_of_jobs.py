"""A job keeps the change token of its source, also when what came under it was nothing new."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0009_resemblances'),
    ]

    operations = [
        migrations.AddField(
            model_name='syncjob',
            name='source_version',
            field=models.CharField(blank=True, max_length=128),
        ),
    ]
