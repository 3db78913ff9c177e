"""Thresholds in versions that are replaced, never edited; a score keeps what it was made from and by which."""

import aiqleads.core.clock
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0013_source_pace'),
    ]

    operations = [
        migrations.CreateModel(
            name='JudgingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('review_from', models.PositiveSmallIntegerField(default=40, help_text='From this fraud score on a lead waits.')),
                ('reject_from', models.PositiveSmallIntegerField(default=70, help_text='From this fraud score on it is rejected.')),
                ('weights', models.JSONField(default=dict, help_text='{"text": 100, …} in percent; a part not named counts whole.')),
                ('in_force_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'judging policies',
            },
        ),
        migrations.AddField(
            model_name='score',
            name='facts',
            field=models.JSONField(blank=True, help_text='What was judged, without names and texts.', null=True),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('asking_price_cents__gt', 0), ('state', 'active')), fields=['price_period', 'zip_code', 'id'], name='lead_comparable'),
        ),
        migrations.AddConstraint(
            model_name='judgingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('review_from__gte', 1), ('review_from__lte', models.F('reject_from'))), name='judging_review_before_reject'),
        ),
        migrations.AddField(
            model_name='score',
            name='policy',
            field=models.ForeignKey(blank=True, help_text='Empty: the thresholds as shipped.', null=True, on_delete=django.db.models.deletion.PROTECT, to='leads.judgingpolicy'),
        ),
        migrations.AddIndex(
            model_name='score',
            index=models.Index(fields=['-scored_at'], name='score_recent'),
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER judging_policy_is_written_once BEFORE UPDATE OR DELETE ON leads_judgingpolicy
                FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
            """,
            "DROP TRIGGER judging_policy_is_written_once ON leads_judgingpolicy;",
        ),
    ]
