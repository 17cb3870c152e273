import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0004_living_sources'),
    ]

    operations = [
        migrations.AddField(
            model_name='rendition',
            name='slug',
            field=models.SlugField(blank=True, editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name='rendition',
            name='slug_since',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
    ]
