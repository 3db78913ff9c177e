"""What waits for a payment to be bought."""

import aiqleads.core.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_staff_has_an_admin'),
        ('leads', '0007_delegated_sources'),
        ('marketplace', '0012_guards_of_payments'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('shared', 'A colleague shares a lead with you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('corrected', 'An owner corrected a lead that you hold or bought'), ('objection', 'An owner asked not to be contacted any more'), ('deletion', 'An owner had a lead deleted that you bought'), ('intent', 'Leads that waited for a payment are bought, or not'), ('recharge', 'Credits were bought automatically, or could not be'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.AlterField(
            model_name='notificationchoice',
            name='kind',
            field=models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('shared', 'A colleague shares a lead with you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('corrected', 'An owner corrected a lead that you hold or bought'), ('objection', 'An owner asked not to be contacted any more'), ('deletion', 'An owner had a lead deleted that you bought'), ('intent', 'Leads that waited for a payment are bought, or not'), ('recharge', 'Credits were bought automatically, or could not be'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20),
        ),
        migrations.CreateModel(
            name='PurchaseIntent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('payment_id', models.UUIDField(help_text='Of the payment that brings the credits.', unique=True)),
                ('total_credits', models.PositiveIntegerField(help_text='What the buyer was shown.')),
                ('state', models.CharField(choices=[('waiting', 'Waits for the payment'), ('bought', 'Bought'), ('lost', 'Not bought'), ('replaced', 'Replaced by a newer one')], default='waiting', max_length=8)),
                ('says', models.CharField(blank=True, help_text='Why nothing was bought.', max_length=300)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('expires_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_intents', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchase_intents', to='accounts.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='claim',
            name='intent',
            field=models.ForeignKey(db_index=False, editable=False, help_text='Why it was held again, and sold where it was made.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='marketplace.purchaseintent'),
        ),
        migrations.CreateModel(
            name='PurchaseIntentLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('bundle', models.UUIDField(help_text='Of the hold that the buyer saw: its copies are bought together.')),
                ('shown_credits', models.PositiveIntegerField()),
                ('intent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='marketplace.purchaseintent')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.lead')),
            ],
        ),
        migrations.AddConstraint(
            model_name='purchaseintent',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('membership',), name='intent_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='purchaseintent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='intent_settled_or_waiting'),
        ),
        migrations.AddIndex(
            model_name='purchaseintentline',
            index=models.Index(fields=['intent', 'lead'], name='intent_lines'),
        ),
    ]
