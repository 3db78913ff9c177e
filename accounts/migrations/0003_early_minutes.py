"""Finding the plans that open leads early must not read every organisation's numbers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_terms_are_accepted_once")]
    operations = [
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(
                fields=["value"],
                name="entitlement_early",
                condition=models.Q(key="early_minutes", value__gt=0),
            ),
        ),
    ]
