"""What the clock of a review does at which moment, and its escalations."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0007_stage_added_voices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name='DueEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('reminder_50', 'Reminder at 50 %'), ('reminder_80', 'Reminder at 80 %'), ('reminder_last', 'Reminder one hour before'), ('delegate', 'Delegate is called'), ('escalation', 'Escalation: waits too long'), ('rounds', 'Escalation: too many rounds'), ('validation', 'Escalation: checks not mended'), ('critical', 'Executives are alerted'), ('late_start', 'Late from the start'), ('slot', 'Slot reached'), ('weekly_submit', 'Weekly: submit'), ('weekly_review_opens', 'Weekly: reviewers look at it'), ('weekly_review_closes', 'Weekly: reviewers are done'), ('weekly_stakeholders', 'Weekly: stakeholders are told'), ('weekly_checklist', 'Weekly: Tuesday checklist'), ('weekly_rehearsal', 'Weekly: rehearsal'), ('weekly_final', 'Weekly: final decision'), ('weekly_staged', 'Weekly: staged'), ('weekly_out', 'Weekly: out')], max_length=30)),
                ('key', models.CharField(max_length=100)),
                ('at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('is_cancelled', models.BooleanField(default=False)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='due_events', to='approvals.review')),
                ('stage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='due_events', to='approvals.stage')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True), ('is_cancelled', False)), fields=['at'], name='due_event_open')],
                'constraints': [models.UniqueConstraint(fields=('review', 'key'), name='one_due_event_per_key')],
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveSmallIntegerField()),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('role', models.CharField(blank=True, choices=[('editor', 'Editor'), ('senior_editor', 'Senior editor'), ('team_lead', 'Team lead'), ('marketing_coordinator', 'Marketing coordinator'), ('marketing_manager', 'Marketing manager'), ('seo', 'SEO'), ('data', 'Data'), ('department_head', 'Department head'), ('executive', 'Executive'), ('ceo', 'CEO'), ('cmo', 'CMO'), ('cto', 'CTO'), ('legal', 'Legal'), ('external', 'External')], max_length=40)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='approvals.stage')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('stage', 'round', 'step', 'role'), name='one_escalation_per_step')],
            },
        ),
    ]
