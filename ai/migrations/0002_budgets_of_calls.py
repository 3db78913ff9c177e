"""A call remembers what was allowed when it was made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0001_routes_calls_and_spend")]
    operations = [
        migrations.AddField(
            "modelcall",
            "daily_budget_cents",
            models.PositiveIntegerField(default=0, help_text="Of its purpose, as it was then."),
            preserve_default=False,
        ),
        migrations.AddField(
            "modelcall",
            "monthly_budget_cents",
            models.PositiveIntegerField(default=0, help_text="Of its purpose, as it was then."),
            preserve_default=False,
        ),
    ]
