"""Whom invoices are made out to, rates of tax, invoices, and adjustments by two operators."""

import aiqleads.core.clock
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_staff_has_an_admin'),
        ("billing", "0008_guards_of_the_inbox"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoiceCounter',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField()),
            ],
        ),
        migrations.RenameField("subscription", "tax_per_mille", "tax_millipercent"),
        migrations.AlterField(
            model_name="subscription",
            name="tax_millipercent",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Of the price, when it was begun, in thousandths of a percent."
            ),
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2)),
                ('region', models.CharField(blank=True, help_text="Nothing said: the country's other regions.", max_length=40)),
                ('millipercent', models.PositiveSmallIntegerField(help_text='Thousandths of a percent: 8,875 are 8.875 %.')),
                ('label', models.CharField(help_text='As invoices call it: Texas sales tax.', max_length=60)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(blank=True, help_text='The first day on which it is none any more.', null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='tax_rate_of_a_country'), models.CheckConstraint(condition=models.Q(('millipercent__gt', 0), ('millipercent__lte', 30000)), name='tax_rate_within_reason'), models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='tax_rate_ends_after_it_began'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('country', '='), ('region', '='), (models.Func('valid_from', 'valid_until', function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='one_tax_rate_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('goodwill', 'goodwill'), ('correction', 'correction')], max_length=10)),
                ('amount_credits', models.IntegerField(help_text='Whole credits; below zero they are taken.')),
                ('reason', models.CharField(help_text='The organisation reads it in its ledger.', max_length=150)),
                ('state', models.CharField(choices=[('waiting', 'waiting for another operator'), ('confirmed', 'confirmed'), ('refused', 'refused')], default='waiting', max_length=9)),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('why', models.CharField(blank=True, max_length=150, verbose_name='why it was refused')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('journal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='billing.journal')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['-asked_at'], name='adjustment_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_credits__gte', -5000), ('amount_credits__lte', 5000), models.Q(('amount_credits', 0), _negated=True)), name='adjustment_within_its_limit'), models.CheckConstraint(condition=models.Q(('kind', 'correction'), models.Q(('amount_credits__gt', 0), ('kind', 'goodwill')), _connector='OR'), name='adjustment_of_goodwill_gives'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='adjustment_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'waiting')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['confirmed', 'refused'])), _connector='OR'), name='adjustment_is_decided_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='adjustment_takes_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('journal__isnull', False), ('state', 'confirmed')), models.Q(models.Q(('state', 'confirmed'), _negated=True), ('journal', None)), _connector='OR'), name='adjustment_is_posted_when_confirmed')],
            },
        ),
        migrations.CreateModel(
            name='BillingProfile',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='billing_profile', serialize=False, to='accounts.organisation')),
                ('name', models.CharField(help_text='As it stands on invoices: a firm, or a person.', max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail for invoices')),
                ('street', models.CharField(max_length=200)),
                ('city', models.CharField(max_length=80)),
                ('region', models.CharField(blank=True, help_text='In the United States the state: TX.', max_length=40)),
                ('postal_code', models.CharField(blank=True, max_length=16)),
                ('country', models.CharField(default='US', help_text='As ISO 3166 writes it: US.', max_length=2)),
                ('tax_id', models.CharField(blank=True, max_length=40, verbose_name='tax number')),
                ('changed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='profile_names_a_country'), models.CheckConstraint(condition=models.Q(models.Q(('country', 'US'), _negated=True), ('region__regex', '^[A-Z]{2}$'), _connector='OR'), name='profile_names_a_state')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('invoice', 'invoice'), ('credit_note', 'credit note')], max_length=11)),
                ('year', models.PositiveSmallIntegerField(editable=False)),
                ('place', models.PositiveIntegerField(editable=False, help_text='Within the year, from one on; by trigger.')),
                ('issued_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('snapshot', models.JSONField()),
                ('net_cents', models.PositiveIntegerField()),
                ('tax_cents', models.PositiveIntegerField()),
                ('total_cents', models.PositiveIntegerField()),
                ('pdf', models.BinaryField(blank=True, null=True)),
                ('sha256', models.CharField(blank=True, help_text="Of the page's bytes, in hexadecimal.", max_length=64)),
                ('sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='billing.invoice')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='accounts.organisation')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='billing.payment')),
                ('refund', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_note', to='billing.refund')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', '-year', '-place'], name='invoice_list'), models.Index(condition=models.Q(('sent_at', None)), fields=['issued_at'], name='invoice_to_send')],
                'constraints': [models.UniqueConstraint(fields=('year', 'place'), name='invoice_number_once'), models.UniqueConstraint(condition=models.Q(('kind', 'invoice')), fields=('payment',), name='payment_is_invoiced_once'), models.CheckConstraint(condition=models.Q(models.Q(('corrects', None), ('kind', 'invoice'), ('refund', None)), models.Q(('corrects__isnull', False), ('kind', 'credit_note'), ('refund__isnull', False)), _connector='OR'), name='credit_note_corrects_an_invoice'), models.CheckConstraint(condition=models.Q(('total_cents', django.db.models.expressions.CombinedExpression(models.F('net_cents'), '+', models.F('tax_cents'))), ('total_cents__gt', 0)), name='invoice_adds_up'), models.CheckConstraint(condition=models.Q(models.Q(('pdf', None), ('sha256', '')), models.Q(('pdf__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='invoice_page_has_its_hash')],
            },
        ),
    ]
