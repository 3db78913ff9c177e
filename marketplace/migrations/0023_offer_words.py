import django.contrib.postgres.indexes
from django.db import migrations, models

from aiqleads.core import schedules


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0022_payments_buy"), ("core", "0001_database_clock"), schedules.BEAT_MIGRATION]
    operations = [
        migrations.CreateModel(
            name="OfferWord",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("lexeme", models.CharField(help_text="The word as the search keeps it: garages, garage → garag.", max_length=40)),
                ("offers", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "word of offers",
                "verbose_name_plural": "words of offers",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["word"], name="offer_word_like", opclasses=["gin_trgm_ops"]),
                    models.Index(fields=["lexeme"], name="offer_word_lexeme"),
                ],
            },
        ),
        schedules.every(
            3600,
            name="Count the words of offers",
            task="marketplace.tasks.count_words",
            description="So that a misspelt word of a search finds the one that offers say.",
        ),
    ]
