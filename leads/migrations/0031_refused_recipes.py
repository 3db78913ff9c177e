"""Operators may do without a provider's vectors."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0030_provider_vectors'),
    ]

    operations = [
        migrations.AddField(
            model_name='vectorrecipe',
            name='is_refused',
            field=models.BooleanField(db_default=False, default=False, help_text="An operator wants no vectors of this provider's."),
        ),
        migrations.AddConstraint(
            model_name='vectorrecipe',
            constraint=models.CheckConstraint(condition=models.Q(('is_refused', False), ('state', 'retired'), _connector='OR'), name='refused_recipe_is_retired'),
        ),
    ]
