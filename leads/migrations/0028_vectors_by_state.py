"""A vector knows its lead's state: a filter that leaves thousands of leads is asked in the table of vectors itself.

Joining eight thousand of a hundred thousand rows costs more than comparing all; behind an index of its own it is a
third of that (docs/decisions/0034).
"""

from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION leads_check_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT state_code INTO NEW.state_code FROM leads_lead
        WHERE id = NEW.lead_id AND state IN ('active', 'review') FOR SHARE;
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

CREATE OR REPLACE FUNCTION leads_lead_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('active', 'review') THEN
        INSERT INTO leads_vectordue (lead_id, asked_at) VALUES (NEW.id, core_clock())
            ON CONFLICT (lead_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, taken_until = NULL;
        UPDATE leads_leadvector SET state_code = NEW.state_code
            WHERE lead_id = NEW.id AND state_code <> NEW.state_code;
    ELSE
        DELETE FROM leads_leadvector WHERE lead_id = NEW.id;
        DELETE FROM leads_vectordue WHERE lead_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

UPDATE leads_leadvector SET text_hash = text_hash;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION leads_check_vector() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION leads_lead_says_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0027_reading_by_the_clock")]

    operations = [
        migrations.AddField(
            model_name="leadvector",
            name="state_code",
            field=models.CharField(blank=True, db_default="", help_text="The lead's; a trigger keeps it.", max_length=2),
        ),
        migrations.RunSQL(KEPT, BEFORE),
        migrations.AddIndex(
            model_name="leadvector", index=models.Index(fields=["state_code"], name="vector_state")
        ),
    ]
