"""What homes nearby ask is read off the index alone: 4,000 rows for fifty leads lay on 4,000 pages of a large table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0018_operators_correct'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_comparable',
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('asking_price_cents__gt', 0), ('state', 'active')), fields=['price_period', 'zip_code', 'id'], include=('property_type', 'beds', 'area_sqft', 'asking_price_cents'), name='lead_comparable'),
        ),
    ]
