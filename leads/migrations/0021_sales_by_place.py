"""Sales are compared with by place, the newest first (``leads.comparables``)."""

from django.db import migrations

SOLD = "lead_id IS NULL AND gone_at IS NULL AND facts->>'status' = 'closed'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0020_vocabulary")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE INDEX observation_sold_zip ON leads_observation
                ((facts->>'zip_code'), (facts->>'posted_at') DESC) WHERE {SOLD};
            CREATE INDEX observation_sold_area ON leads_observation
                (left(facts->>'zip_code', 3), (facts->>'posted_at') DESC) WHERE {SOLD};
            """,
            "DROP INDEX observation_sold_zip; DROP INDEX observation_sold_area;",
        )
    ]
