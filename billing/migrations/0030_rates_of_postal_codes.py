"""Rates of the table may be of postal codes: the longest beginning that fits counts."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models

RATES_STAY = """
CREATE OR REPLACE FUNCTION billing_guard_tax_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.valid_from <= core_now()::date THEN
            PERFORM billing_refuse('tax_rate_that_began_is_kept', 'a rate that was in force is ended, not deleted');
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.country, NEW.region, NEW.postal_prefix, NEW.millipercent, NEW.label, NEW.valid_from)
        IS DISTINCT FROM (OLD.id, OLD.country, OLD.region, OLD.postal_prefix, OLD.millipercent, OLD.label,
            OLD.valid_from) THEN
        PERFORM billing_refuse('tax_rate_written_once', 'of a rate only its end changes');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0029_papers_of_disputes'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='taxrate',
            name='one_tax_rate_at_a_time',
        ),
        migrations.AddField(
            model_name='taxrate',
            name='postal_prefix',
            field=models.CharField(blank=True, help_text='How theirs begin: 787. Nothing said: all.', max_length=16, verbose_name='postal code'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('postal_prefix__regex', '^[0-9A-Z -]*$')), name='tax_rate_of_postal_codes'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('country', '='), ('region', '='), ('postal_prefix', '='), (models.Func('valid_from', 'valid_until', function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='one_tax_rate_at_a_time'),
        ),
        migrations.RunSQL(RATES_STAY),
    ]
