"""Vectors that a provider made of the same texts, in a table of their own (``leads.provider_vectors``)."""

import django.db.models.deletion
from django.db import migrations, models
from pgvector.django import HalfVectorField

from aiqleads.core import schedules

TRIGGERS = """
ALTER TABLE leads_providervector ALTER COLUMN vector SET STORAGE PLAIN;

CREATE FUNCTION leads_check_provider_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM leads_lead WHERE id = NEW.lead_id AND state IN ('active', 'review') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only live leads have vectors'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'provider_vector_of_live_lead';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER provider_vector_is_of_use BEFORE INSERT OR UPDATE ON leads_providervector
    FOR EACH ROW EXECUTE FUNCTION leads_check_provider_vector();

CREATE FUNCTION leads_forget_provider_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM leads_providervector WHERE lead_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER lead_leaves_provider_vectors AFTER UPDATE OF state ON leads_lead FOR EACH ROW
    WHEN (NEW.state NOT IN ('active', 'review')) EXECUTE FUNCTION leads_forget_provider_vector();
"""
WITHOUT_TRIGGERS = """
DROP TRIGGER lead_leaves_provider_vectors ON leads_lead;
DROP TRIGGER provider_vector_is_of_use ON leads_providervector;
DROP FUNCTION leads_forget_provider_vector();
DROP FUNCTION leads_check_provider_vector();
"""
LENGTH = models.Func("vector", function="l2_norm", output_field=models.FloatField())


class Migration(migrations.Migration):
    dependencies = [("leads", "0029_cleaning"), schedules.BEAT_MIGRATION]

    operations = [
        migrations.RemoveConstraint(model_name="vectorrecipe", name="one_recipe_serves"),
        migrations.RemoveConstraint(model_name="vectorrecipe", name="one_recipe_is_built"),
        migrations.AddConstraint(
            model_name="vectorrecipe",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "serving")), fields=("provider",), name="one_recipe_serves"
            ),
        ),
        migrations.AddConstraint(
            model_name="vectorrecipe",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "building")), fields=("provider",), name="one_recipe_is_built"
            ),
        ),
        migrations.CreateModel(
            name="ProviderVector",
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
                (
                    "recipe",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.vectorrecipe",
                    ),
                ),
                ("text_hash", models.CharField(help_text="Of the text that it was made from.", max_length=32)),
                ("vector", HalfVectorField(dimensions=512)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.lookups.GreaterThan(LENGTH, 0.99)
                        & models.lookups.LessThan(LENGTH, 1.01),
                        name="provider_vector_has_length_one",
                    )
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, WITHOUT_TRIGGERS),
        schedules.every(
            900,
            name="Have a provider embed what leads say now",
            task="leads.tasks.embed_leads_elsewhere",
            queue="ai",
            description="Does nothing while no provider of embeddings has a key or its budget is spent.",
        ),
    ]
