from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0013_carry_what_renditions_were_made_of")]

    operations = [
        migrations.AlterField(
            model_name="rendition",
            name="format",
            field=models.CharField(
                choices=[
                    ("newsletter", "Newsletter"),
                    ("web", "Web page"),
                    ("x", "X"),
                    ("linkedin", "LinkedIn"),
                    ("facebook", "Facebook"),
                    ("instagram", "Instagram"),
                ],
                max_length=20,
            ),
        ),
    ]
