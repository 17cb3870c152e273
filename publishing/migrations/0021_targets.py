"""Write down what the team wants to reach, as it begins; people change it."""

from django.db import migrations

TARGETS = (
    ("delivery", "Delivery", "mail", "above", 98, "%"),
    ("open", "Opened by people", "mail", "above", 25, "%"),
    ("click", "Clicked by people", "mail", "above", 5, "%"),
    ("unsubscribe", "Unsubscribed", "mail", "below", 1, "%"),
    ("complaint", "Complaints", "mail", "below", "0.1", "%"),
    ("bounce", "Bounced", "mail", "below", 2, "%"),
    ("web_views", "Unique views in 7 days", "web", "above", 2000, "views"),
    ("time_on_page", "Time on the page", "web", "above", 3, "minutes"),
    ("web_bounce", "Left at once", "web", "below", 50, "%"),
    ("engagement_x", "Engagement on X", "social", "above", 8, "%"),
    ("engagement_linkedin", "Engagement on LinkedIn", "social", "above", 5, "%"),
    ("engagement_facebook", "Engagement on Facebook", "social", "above", 6, "%"),
    ("social_total", "Reactions in all", "social", "above", 100, "reactions"),
    ("share_rate", "Shared", "social", "above", 2, "%"),
    ("channel_live", "Each channel live", "release", "below", 5, "minutes"),
    ("all_live", "All channels live", "release", "below", 15, "minutes"),
    ("urgent_live", "An urgent announcement everywhere", "release", "below", 5, "minutes"),
)


def write(apps, schema_editor):
    rows = apps.get_model("publishing", "Kpi").objects.using(schema_editor.connection.alias)
    for key, name, group, direction, value, unit in TARGETS:
        values = {"name": name, "group": group, "direction": direction, "value": value}
        rows.get_or_create(key=key, defaults={**values, "unit": unit})


class Migration(migrations.Migration):
    dependencies = [("publishing", "0020_cache_orders_and_targets")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
