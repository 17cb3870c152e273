import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0025_rehearsal_hold'),
    ]

    operations = [
        migrations.CreateModel(
            name='SeedMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=254)),
                ('key', models.CharField(max_length=32, unique=True)),
                ('seal_sha256', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('handed_over', 'Handed over'), ('confirmed', 'Confirmed'), ('uncertain', 'Uncertain'), ('failed', 'Failed')], default='handed_over', max_length=20)),
                ('provider_id', models.CharField(blank=True, max_length=200)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('handed_over_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishing.account')),
                ('part', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seeds', to='publishing.releasepart')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), ('provider_id__gt', ''), _connector='OR'), name='confirmed_seed_has_receipt')],
            },
        ),
    ]
