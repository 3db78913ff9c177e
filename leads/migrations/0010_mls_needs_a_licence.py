"""What an MLS sends is offered only where its licence says so; it values homes and takes leads off otherwise."""

from django.db import migrations

GUARD = """
CREATE FUNCTION leads_guard_mls_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.may_list AND (NEW.basis <> 'licensed' OR NEW.document = '')
        AND EXISTS (SELECT FROM leads_source source WHERE source.slug = NEW.source_id AND source.family = 'mls')
    THEN
        RAISE EXCEPTION 'an MLS feed lists only under a licence with its document'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mls_needs_a_licence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mls_needs_a_licence BEFORE INSERT OR UPDATE OF source_id, basis, may_list, document ON leads_sourceright
    FOR EACH ROW EXECUTE FUNCTION leads_guard_mls_right();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_image_hashes")]
    operations = [
        migrations.RunSQL(
            GUARD,
            "DROP TRIGGER mls_needs_a_licence ON leads_sourceright; DROP FUNCTION leads_guard_mls_right();",
        )
    ]
