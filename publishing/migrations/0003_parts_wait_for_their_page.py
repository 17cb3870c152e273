from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0002_history_and_heartbeat'),
    ]

    operations = [
        migrations.AddField(
            model_name='releasepart',
            name='links',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='releasepart',
            name='waits_for_page',
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name='releasepart',
            constraint=models.CheckConstraint(condition=models.Q(('waits_for_page', False), ('refusal__gt', ''), _connector='OR'), name='waiting_says_why'),
        ),
    ]
