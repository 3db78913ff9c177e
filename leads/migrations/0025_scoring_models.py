"""Learnt models of quality, what they would have said, and the sales that they learn from."""

import aiqleads.core.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models

from aiqleads.core import schedules

GUARDS = """
CREATE FUNCTION leads_guard_scoring_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{state,in_force_at}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{state,in_force_at}'::text[] THEN
        RAISE EXCEPTION 'a model and its report are written once' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'scoring_model_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER scoring_model_written_once BEFORE UPDATE OR DELETE ON leads_scoringmodel
    FOR EACH ROW EXECUTE FUNCTION leads_guard_scoring_model();

CREATE FUNCTION leads_guard_scoring_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'candidate' OR TG_OP = 'UPDATE' AND (
            NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
                ('candidate', 'shadow'), ('shadow', 'candidate'), ('candidate', 'in_force'), ('shadow', 'in_force'),
                ('in_force', 'retired'), ('retired', 'in_force'))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a model begins as a candidate and was in force before it is retired' USING
        ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'scoring_model_state_moves';
END $$;
CREATE TRIGGER scoring_model_state_moves BEFORE INSERT OR UPDATE ON leads_scoringmodel
    FOR EACH ROW EXECUTE FUNCTION leads_guard_scoring_state();

CREATE TRIGGER shadow_score_is_written_once BEFORE UPDATE OR DELETE ON leads_shadowscore
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION leads_guard_sale_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.score_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM leads_score WHERE id = NEW.score_id AND lead_id = NEW.lead_id AND scored_at <= NEW.sold_at) THEN
        RAISE EXCEPTION 'a lead is sold on a score that it had by then' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sale_score_of_then';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_score_of_then BEFORE INSERT ON leads_sale
    FOR EACH ROW EXECUTE FUNCTION leads_guard_sale_score();

CREATE FUNCTION leads_guard_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.returned_at IS NOT NULL OR to_jsonb(NEW) - '{returned_at,ground}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{returned_at,ground}'::text[] THEN
        RAISE EXCEPTION 'a sale is written once, and comes back once' USING
            ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'sale_comes_back_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_comes_back_once BEFORE UPDATE OR DELETE ON leads_sale
    FOR EACH ROW EXECUTE FUNCTION leads_guard_sale();
"""
NO_GUARDS = """
DROP TRIGGER sale_comes_back_once ON leads_sale;
DROP FUNCTION leads_guard_sale();
DROP TRIGGER sale_score_of_then ON leads_sale;
DROP FUNCTION leads_guard_sale_score();
DROP TRIGGER shadow_score_is_written_once ON leads_shadowscore;
DROP TRIGGER scoring_model_state_moves ON leads_scoringmodel;
DROP FUNCTION leads_guard_scoring_state();
DROP TRIGGER scoring_model_written_once ON leads_scoringmodel;
DROP FUNCTION leads_guard_scoring_model();
"""
RECORDS = """
CREATE VIEW leads_saleoutcome AS
SELECT sale.id AS sale_id,
    CASE WHEN sale.returned_at IS NULL THEN said.sale_id IS NOT NULL
        ELSE sale.ground IN ('wrong_number', 'not_the_owner', 'already_listed', 'already_sold', 'do_not_contact',
            'shown_active') END AS is_told,
    sale.returned_at IS NULL AND coalesce(said.is_reached, false) AS is_reached,
    sale.returned_at IS NULL AND coalesce(said.is_listed, false) AS is_listed
FROM leads_sale sale LEFT JOIN (
    SELECT sale_id, bool_or(status IN ('contacted', 'appointment', 'listed')) AS is_reached,
        bool_or(status = 'listed') AS is_listed
    FROM leads_outcome GROUP BY sale_id
) said ON said.sale_id = sale.id;

CREATE MATERIALIZED VIEW leads_tierrecord AS
SELECT score.tier, count(*)::integer AS told, (count(*) FILTER (WHERE came_to.is_reached))::integer AS reached,
    (count(*) FILTER (WHERE came_to.is_listed))::integer AS listed, core_now() AS measured_at
FROM leads_sale sale
JOIN leads_saleoutcome came_to ON came_to.sale_id = sale.id
JOIN leads_score score ON score.id = sale.score_id
WHERE came_to.is_told AND sale.sold_at > core_now() - interval '365 days'
GROUP BY score.tier;
"""
NO_RECORDS = "DROP MATERIALIZED VIEW leads_tierrecord; DROP VIEW leads_saleoutcome;"


class Migration(migrations.Migration):

    dependencies = [
        schedules.BEAT_MIGRATION,
        ('leads', '0024_readings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sale',
            fields=[
                ('id', models.UUIDField(editable=False, help_text="The purchase's.", primary_key=True, serialize=False)),
                ('sold_at', models.DateTimeField()),
                ('returned_at', models.DateTimeField(blank=True, null=True)),
                ('ground', models.CharField(blank=True, help_text='Why it came back.', max_length=20)),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sales', to='leads.lead')),
                ('score', models.ForeignKey(blank=True, help_text='What the buyer read.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.score')),
            ],
        ),
        migrations.CreateModel(
            name='TierRecord',
            fields=[
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8, primary_key=True, serialize=False)),
                ('told', models.PositiveIntegerField(help_text='Sales whose buyers told what became of them, or gave them back.')),
                ('reached', models.PositiveIntegerField(help_text='Of these, where the owner was reached.')),
                ('listed', models.PositiveIntegerField(help_text='Of these, where the buyer listed the home.')),
                ('measured_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'leads_tierrecord',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SaleOutcome',
            fields=[
                ('sale', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='came_to', serialize=False, to='leads.sale')),
                ('is_told', models.BooleanField(help_text='Whether anybody knows: it was marked, or it came back.')),
                ('is_reached', models.BooleanField()),
                ('is_listed', models.BooleanField()),
            ],
            options={
                'db_table': 'leads_saleoutcome',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='AreaGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zip_code', models.CharField(max_length=5)),
                ('group', models.CharField(max_length=60)),
                ('share', models.FloatField(help_text='0 to 1.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('zip_code', 'group'), name='area_group_once'), models.CheckConstraint(condition=models.Q(('share__range', (0, 1))), name='area_share_is_a_share')],
            },
        ),
        migrations.CreateModel(
            name='ScoringModel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.CharField(help_text='What scores are stamped with: trained-1.', max_length=40)),
                ('state', models.CharField(choices=[('candidate', 'Candidate'), ('shadow', 'In the shadow'), ('in_force', 'In force'), ('retired', 'Retired')], default='candidate', max_length=9)),
                ('scorecard', models.JSONField(help_text='{features, start, points, unknown, likelihood}')),
                ('report', models.JSONField(help_text='How it was measured: see docs/subsystems/scoring.md.')),
                ('parity', models.CharField(choices=[('within', 'Within'), ('outside', 'Outside'), ('unknown', 'Unknown')], max_length=7)),
                ('is_simulated', models.BooleanField(default=False, help_text='Learnt from outcomes that were made up.')),
                ('kept_because', models.CharField(blank=True, help_text='Why it did not come into force by itself; empty where it did.', max_length=500)),
                ('trained_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('in_force_at', models.DateTimeField(blank=True, help_text='The last time it came into force.', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version',), name='scoring_model_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('state',), name='scoring_model_one_in_force'), models.UniqueConstraint(condition=models.Q(('state', 'shadow')), fields=('state',), name='scoring_model_one_shadow'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('parity', 'within'), _connector='OR'), name='scoring_model_in_force_within_parity'), models.CheckConstraint(condition=models.Q(('is_simulated', False), ('state', 'candidate'), _connector='OR'), name='scoring_model_simulated_stays_out')],
            },
        ),
        migrations.CreateModel(
            name='ShadowScore',
            fields=[
                ('score', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='shadow', serialize=False, to='leads.score')),
                ('quality_score', models.PositiveSmallIntegerField()),
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shadow_scores', to='leads.scoringmodel')),
            ],
        ),
        migrations.AddIndex(
            model_name='sale',
            index=models.Index(fields=['sold_at'], name='sale_in_order'),
        ),
        migrations.AddConstraint(
            model_name='sale',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ground', ''), ('returned_at__isnull', True)), models.Q(('returned_at__isnull', False), models.Q(('ground', ''), _negated=True)), _connector='OR'), name='sale_returned_on_a_ground'),
        ),
        migrations.AddConstraint(
            model_name='shadowscore',
            constraint=models.CheckConstraint(condition=models.Q(('quality_score__range', (0, 100))), name='shadow_score_in_range'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(RECORDS, NO_RECORDS),
        schedules.daily(
            4,
            40,
            name="Count what became of sold leads",
            task="leads.tasks.count_what_became",
            description="Counts, by tier, in how many sales of a year the owner was reached, for the leads' pages.",
        ),
    ]
