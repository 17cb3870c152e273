"""The list of a launch, and the communications group that a crisis calls."""

from django.db import migrations, models

from approvals.services import checklists, escalation


def install(apps, schema_editor):
    checklists.install(models=apps)
    apps.get_model("auth", "Group").objects.get_or_create(name=escalation.COMMUNICATIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0016_first_checklists"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.AlterField(
            model_name='dueevent',
            name='kind',
            field=models.CharField(choices=[('reminder_50', 'Reminder at 50 %'), ('reminder_80', 'Reminder at 80 %'), ('reminder_last', 'Reminder one hour before'), ('delegate', 'Delegate is called'), ('escalation', 'Escalation: waits too long'), ('rounds', 'Escalation: too many rounds'), ('validation', 'Escalation: checks not mended'), ('critical', 'Executives are alerted'), ('crisis', 'Communications group is called'), ('late_start', 'Late from the start'), ('slot', 'Slot reached'), ('weekly_submit', 'Weekly: submit'), ('weekly_review_opens', 'Weekly: reviewers look at it'), ('weekly_review_closes', 'Weekly: reviewers are done'), ('weekly_stakeholders', 'Weekly: stakeholders are told'), ('weekly_checklist', 'Weekly: Tuesday checklist'), ('weekly_rehearsal', 'Weekly: rehearsal'), ('weekly_final', 'Weekly: final decision'), ('weekly_staged', 'Weekly: staged'), ('weekly_out', 'Weekly: out')], max_length=30),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
