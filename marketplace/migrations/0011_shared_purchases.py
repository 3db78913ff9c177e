import aiqleads.core.clock
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GUARDS = """
CREATE FUNCTION marketplace_guard_share() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bought marketplace_purchase;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM marketplace_refuse('share_is_written_once', 'take it back and share it anew');
    END IF;
    SELECT * INTO bought FROM marketplace_purchase WHERE id = NEW.purchase_id;
    IF NOT EXISTS (SELECT FROM auth_permission WHERE id = NEW.permission_id AND codename = 'view_purchase') THEN
        PERFORM marketplace_refuse('share_is_to_read', 'who is shared with may read it, no more');
    END IF;
    IF NOT EXISTS (SELECT FROM marketplace_claim WHERE id = bought.claim_id AND state = 'sold') THEN
        PERFORM marketplace_refuse('share_of_a_standing_sale', 'the purchase came back');
    END IF;
    -- Locked, so that nobody leaves between this look and the end of the transaction.
    PERFORM FROM accounts_membership WHERE user_id = NEW.user_id AND organisation_id = bought.organisation_id
        AND left_at IS NULL FOR SHARE;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM accounts_user WHERE id = NEW.user_id AND is_active) THEN
        PERFORM marketplace_refuse('share_within_organisation', 'it is shared with a colleague');
    END IF;
    PERFORM FROM accounts_membership WHERE id = NEW.shared_by_id AND organisation_id = bought.organisation_id
        AND left_at IS NULL AND role <> 'viewer' AND user_id <> NEW.user_id FOR SHARE;
    IF NOT FOUND THEN
        PERFORM marketplace_refuse('share_by_who_may', 'owners and buyers share with others');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER share_steps BEFORE INSERT OR UPDATE ON marketplace_purchaseshare
    FOR EACH ROW EXECUTE FUNCTION marketplace_guard_share();

CREATE FUNCTION marketplace_end_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM marketplace_purchaseshare share USING marketplace_purchase bought
        WHERE bought.id = share.purchase_id AND bought.organisation_id = NEW.organisation_id
        AND (share.user_id = NEW.user_id OR share.shared_by_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER leaving_ends_shares AFTER UPDATE OF left_at ON accounts_membership
    FOR EACH ROW WHEN (NEW.left_at IS NOT NULL) EXECUTE FUNCTION marketplace_end_shares();

CREATE FUNCTION marketplace_end_shares_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM marketplace_purchaseshare WHERE user_id = NEW.id
        OR shared_by_id IN (SELECT id FROM accounts_membership WHERE user_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER closing_ends_shares AFTER UPDATE OF closed_at ON accounts_user
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION marketplace_end_shares_of_closed();
"""
UNDO = """
DROP TRIGGER closing_ends_shares ON accounts_user;
DROP FUNCTION marketplace_end_shares_of_closed();
DROP TRIGGER leaving_ends_shares ON accounts_membership;
DROP FUNCTION marketplace_end_shares();
DROP TRIGGER share_steps ON marketplace_purchaseshare;
DROP FUNCTION marketplace_guard_share();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_staff_has_an_admin'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('marketplace', '0010_told_by_owners'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('shared', 'A colleague shares a lead with you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('corrected', 'An owner corrected a lead that you hold or bought'), ('objection', 'An owner asked not to be contacted any more'), ('deletion', 'An owner had a lead deleted that you bought'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.AlterField(
            model_name='notificationchoice',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('shared', 'A colleague shares a lead with you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('corrected', 'An owner corrected a lead that you hold or bought'), ('objection', 'An owner asked not to be contacted any more'), ('deletion', 'An owner had a lead deleted that you bought'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.CreateModel(
            name='PurchaseShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shared_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('content_object', models.ForeignKey(db_column='purchase_id', on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='marketplace.purchase', verbose_name='purchase')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('shared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user'], name='shared_with')],
                'constraints': [models.UniqueConstraint(fields=('content_object', 'user'), name='shared_once')],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
