"""When copies were closed, by which the queues are found that a copy sold again has moved."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0045_deliveries_are_forgotten")]
    operations = [
        migrations.AddIndex(
            model_name="leadslot",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["closed_at"], name="slot_closed_lately"
            ),
        ),
    ]
