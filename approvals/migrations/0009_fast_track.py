"""Fast tracks with their steps."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0008_clock"),
        ("content", "0011_alt_texts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name='FastTrack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('matter', models.CharField(choices=[('any', 'Any matter'), ('market', 'Market'), ('technology', 'Technology'), ('community', 'Community')], max_length=20)),
                ('reason', models.CharField(max_length=300)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('bypassed', models.JSONField(default=list)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fast_tracks', to='content.draft')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
                'permissions': [('start_fast_track', 'Can send a draft the short way')],
            },
        ),
        migrations.CreateModel(
            name='FastTrackStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('limit_min', models.PositiveSmallIntegerField()),
                ('due_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('warned_at', models.DateTimeField(null=True)),
                ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='approvals.fasttrack')),
            ],
            options={
                'ordering': ['track', 'number'],
            },
        ),
        migrations.AddConstraint(
            model_name='fasttrack',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('draft',), name='one_fast_track_per_draft'),
        ),
        migrations.AddConstraint(
            model_name='fasttrackstep',
            constraint=models.UniqueConstraint(fields=('track', 'number'), name='one_step_per_number'),
        ),
    ]
