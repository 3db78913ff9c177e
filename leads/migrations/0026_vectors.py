"""Vectors of what leads' public texts mean: one narrow row each, kept for live leads alone (``leads.vectors``).

A vector lies in its row and is not compressed: a search reads them all, and fetching each from beside the table
costs more than comparing it. Triggers note which leads may say something new, whatever changed them, and forget
the vectors of those that left; nothing writes a vector for a lead that is not live or by a recipe that is not used.
"""

import django.db.models.deletion
from django.db import migrations, models
from pgvector.django import HalfVectorField

import aiqleads.core.clock
from aiqleads.core import schedules

TRIGGERS = """
ALTER TABLE leads_leadvector ALTER COLUMN vector SET STORAGE PLAIN;

CREATE FUNCTION leads_check_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM leads_lead WHERE id = NEW.lead_id AND state IN ('active', 'review') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only live leads have vectors'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_of_live_lead';
    END IF;
    PERFORM FROM leads_vectorrecipe WHERE id = NEW.recipe_id AND state <> 'retired' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is made by a recipe that is retired'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_of_recipe_in_use';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vector_is_of_use BEFORE INSERT OR UPDATE ON leads_leadvector
    FOR EACH ROW EXECUTE FUNCTION leads_check_vector();

CREATE FUNCTION leads_check_vector_recipe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.name, OLD.provider, OLD.model, OLD.dimensions, OLD.precision, OLD.text_version)
        IS DISTINCT FROM (NEW.name, NEW.provider, NEW.model, NEW.dimensions, NEW.precision, NEW.text_version) THEN
        RAISE EXCEPTION 'vectors were made by this recipe'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'vector_recipe_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vector_recipe_stays BEFORE UPDATE ON leads_vectorrecipe
    FOR EACH ROW EXECUTE FUNCTION leads_check_vector_recipe();

CREATE FUNCTION leads_lead_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('active', 'review') THEN
        INSERT INTO leads_vectordue (lead_id, asked_at) VALUES (NEW.id, core_clock())
            ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL;
    ELSE
        DELETE FROM leads_leadvector WHERE lead_id = NEW.id;
        DELETE FROM leads_vectordue WHERE lead_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER lead_says_otherwise AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN ((OLD.state, OLD.kind, OLD.city, OLD.state_code, OLD.property_type, OLD.beds, OLD.baths, OLD.area_sqft,
            OLD.features)
        IS DISTINCT FROM (NEW.state, NEW.kind, NEW.city, NEW.state_code, NEW.property_type, NEW.beds, NEW.baths,
            NEW.area_sqft, NEW.features))
    EXECUTE FUNCTION leads_lead_says_otherwise();

CREATE FUNCTION leads_score_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leads_vectordue (lead_id, asked_at)
        SELECT DISTINCT told.lead_id, core_now() FROM told JOIN leads_lead lead ON lead.id = told.lead_id
        WHERE lead.state IN ('active', 'review') ORDER BY told.lead_id
        ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER score_says_otherwise AFTER INSERT ON leads_score REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION leads_score_says_otherwise();
"""
WITHOUT_TRIGGERS = """
DROP TRIGGER score_says_otherwise ON leads_score;
DROP TRIGGER lead_says_otherwise ON leads_lead;
DROP TRIGGER vector_recipe_stays ON leads_vectorrecipe;
DROP TRIGGER vector_is_of_use ON leads_leadvector;
DROP FUNCTION leads_score_says_otherwise();
DROP FUNCTION leads_lead_says_otherwise();
DROP FUNCTION leads_check_vector_recipe();
DROP FUNCTION leads_check_vector();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0025_scoring_models"), schedules.BEAT_MIGRATION]

    operations = [
        migrations.DeleteModel(name="LeadVector"),
        migrations.CreateModel(
            name="VectorRecipe",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("provider", models.CharField(max_length=20)),
                ("model", models.CharField(max_length=80)),
                ("dimensions", models.PositiveSmallIntegerField()),
                ("precision", models.CharField(max_length=10)),
                ("text_version", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("building", "Being followed for all leads"),
                            ("serving", "Serving"),
                            ("retired", "Retired"),
                        ],
                        default="building",
                        max_length=8,
                    ),
                ),
                ("begun_at", models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ("serving_since", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "precision", "text_version"), name="vector_recipe_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "serving")), fields=("state",), name="one_recipe_serves"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "building")), fields=("state",), name="one_recipe_is_built"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadVector",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "lead_id", "recipe_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "recipe",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.vectorrecipe",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="leads.lead",
                    ),
                ),
                ("text_hash", models.CharField(help_text="Of the text that it was made from.", max_length=32)),
                ("vector", HalfVectorField(dimensions=384)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.lookups.GreaterThan(
                            models.Func("vector", function="l2_norm", output_field=models.FloatField()), 0.99
                        )
                        & models.lookups.LessThan(
                            models.Func("vector", function="l2_norm", output_field=models.FloatField()), 1.01
                        ),
                        name="vector_has_length_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VectorDue",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "taken_until",
                    models.DateTimeField(blank=True, help_text="A worker sees to it until then.", null=True),
                ),
            ],
            options={"indexes": [models.Index(fields=["asked_at"], name="vector_due")]},
        ),
        migrations.RunSQL(TRIGGERS, WITHOUT_TRIGGERS),
        schedules.every(
            60,
            name="Embed what leads say now",
            task="leads.tasks.embed_leads",
            queue="ai",
            description="Catches up with what no worker was asked for.",
        ),
    ]
