"""Ways of paying that are kept, the price that was agreed to, and what runs by the clock."""

import aiqleads.core.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models

from aiqleads.core import schedules

PRICE_IS_AGREED_TO = """
CREATE OR REPLACE FUNCTION billing_guard_recharge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_on AND NEW.consented_at IS NOT DISTINCT FROM OLD.consented_at AND
        (NEW.organisation_id, NEW.provider, NEW.pack_code, NEW.agreed_cents, NEW.below_credits, NEW.most_a_day,
         NEW.consented_by_id, NEW.consent_version) IS DISTINCT FROM (OLD.organisation_id, OLD.provider,
         OLD.pack_code, OLD.agreed_cents, OLD.below_credits, OLD.most_a_day, OLD.consented_by_id,
         OLD.consent_version) THEN
        PERFORM billing_refuse('recharge_as_agreed', 'other terms are agreed to anew');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_staff_has_an_admin'),
        ('billing', '0016_sandbox'),
        schedules.BEAT_MIGRATION,
    ]

    operations = [
        migrations.AddField(
            model_name='autorecharge',
            name='agreed_cents',
            field=models.PositiveIntegerField(default=0, help_text="The pack's price, tax left out; at most that."),
        ),
        migrations.CreateModel(
            name='MethodSetup',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=16)),
                ('checkout_id', models.CharField(blank=True, max_length=120)),
                ('checkout_url', models.URLField(blank=True, max_length=2000)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='method_setups', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('checkout_id', ''), _negated=True), fields=('provider', 'checkout_id'), name='method_setup_has_its_own_page')],
            },
        ),
        migrations.RunSQL(PRICE_IS_AGREED_TO),
        schedules.together(
            schedules.every(
                180,
                name="Look at payments that are not final",
                task="billing.tasks.look_at_payments",
                description="Buyers who never came back, messages that never came; the oldest first, less and less often.",
            ),
            schedules.every(
                600,
                name="Buy credits where it was agreed to",
                task="billing.tasks.recharge_everywhere",
                description="Organisations whose balance is below what they agreed to; purchases ask for it at once.",
            ),
        ),
    ]
