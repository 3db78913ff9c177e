"""Territories: whose ground is whose, how much of it a plan lets an organisation call its own, and since when."""

import aiqleads.core.clock
import aiqleads.core.geo.native
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import uuid
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION marketplace_guard_territory() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_new boolean := TG_OP = 'INSERT';
BEGIN
    IF NEW.membership_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_membership
        WHERE id = NEW.membership_id AND organisation_id = NEW.organisation_id) THEN
        PERFORM marketplace_refuse('territory_of_its_member', 'the agent is of another organisation');
    END IF;
    IF NOT is_new AND (NEW.id, NEW.organisation_id) IS DISTINCT FROM (OLD.id, OLD.organisation_id) THEN
        PERFORM marketplace_refuse('territory_of_its_member', 'a territory does not change hands');
    END IF;
    IF is_new OR (NEW.covered_zips, NEW.area, NEW.has_early_access)
                 IS DISTINCT FROM (OLD.covered_zips, OLD.area, OLD.has_early_access) THEN
        NEW.since := core_clock();
    ELSE
        NEW.since := OLD.since;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER territory_of_its_member BEFORE INSERT OR UPDATE ON marketplace_territory
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_territory();

CREATE FUNCTION marketplace_limit_territories() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := core_clock();
    owned record;
BEGIN
    -- The organisation's row is the turnstile: its territories are counted while no other one is written.
    PERFORM FROM accounts_organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
    SELECT count(*) AS number, sum(cardinality(covered_zips)) AS zips, sum(square_miles) AS miles INTO owned
        FROM marketplace_territory WHERE organisation_id = NEW.organisation_id;
    IF owned.number > marketplace_entitlement(NEW.organisation_id, 'territories', 3, moment) THEN
        PERFORM marketplace_refuse('territory_count_within_plan', 'as many territories as the plan allows');
    END IF;
    IF owned.zips > marketplace_entitlement(NEW.organisation_id, 'territory_zips', 200, moment)
       OR owned.miles > marketplace_entitlement(NEW.organisation_id, 'territory_square_miles', 1000, moment) THEN
        PERFORM marketplace_refuse('territory_size_within_plan', 'as much ground as the plan allows');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER territory_within_plan AFTER INSERT OR UPDATE OF covered_zips, square_miles ON marketplace_territory
    FOR EACH ROW EXECUTE FUNCTION marketplace_limit_territories();

CREATE FUNCTION marketplace_territories_at(zip text, latitude float8, longitude float8)
RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM marketplace_territory WHERE covered_zips @> ARRAY[zip]::varchar[]
    UNION
    SELECT territory_id FROM marketplace_territoryoutline WHERE outline @> point(longitude, latitude)
$$;
"""

UNDO = """
DROP FUNCTION marketplace_territories_at(text, float8, float8);
DROP TRIGGER territory_within_plan ON marketplace_territory;
DROP FUNCTION marketplace_limit_territories();
DROP TRIGGER territory_of_its_member ON marketplace_territory;
DROP FUNCTION marketplace_guard_territory();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_terms_are_accepted_once'),
        ('marketplace', '0028_assignment_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Territory',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('zip_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=list, size=None)),
                ('counties', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, help_text='As “Travis County, TX”.', size=None)),
                ('area', models.TextField(blank=True, help_text='A GeoJSON MultiPolygon without holes.')),
                ('square_miles', models.FloatField(default=0, help_text='Of the drawn area.')),
                ('covered_zips', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=list, help_text='The ZIP codes, and those of the counties.', size=None)),
                ('has_early_access', models.BooleanField(default=True)),
                ('since', models.DateTimeField(db_default=aiqleads.core.clock.Now(), editable=False)),
                ('membership', models.ForeignKey(blank=True, help_text='The agent whose it is; empty for the whole organisation.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='territories', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='territories', to='accounts.organisation')),
            ],
            options={
                'verbose_name_plural': 'territories',
            },
        ),
        migrations.CreateModel(
            name='TerritoryOutline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outline', aiqleads.core.geo.native.Polygon()),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outlines', to='marketplace.territory')),
            ],
        ),
        migrations.AddIndex(
            model_name='territory',
            index=models.Index(fields=['organisation', 'name', 'id'], name='territory_by_name'),
        ),
        migrations.AddIndex(
            model_name='territory',
            index=django.contrib.postgres.indexes.GinIndex(fields=['covered_zips'], name='territory_zips'),
        ),
        migrations.AddConstraint(
            model_name='territory',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('covered_zips', []), _negated=True), models.Q(('area', ''), _negated=True), _connector='OR'), name='territory_lies_somewhere'),
        ),
        migrations.AddIndex(
            model_name='territoryoutline',
            index=django.contrib.postgres.indexes.GistIndex(fields=['outline'], name='territory_outline'),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
