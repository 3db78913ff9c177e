import aiqleads.core.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("billing", "0001_initial"),
    ]

    dependencies = [
        ("core", "0002_places"),
        ('accounts', '0001_models'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(help_text="wallet, or a house account's name", max_length=40)),
                ('unit', models.CharField(choices=[('credits', 'credits'), ('usd_cents', 'US cents')], max_length=10)),
                ('balance', models.BigIntegerField(default=0, help_text='Kept by a trigger for wallets; house accounts stay 0 here and are summed.')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_accounts', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'code', 'unit'), name='account_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('balance__gte', 0)), name='balance_not_negative'), models.CheckConstraint(condition=models.Q(('unit__in', ['credits', 'usd_cents'])), name='account_unit_known')],
            },
        ),
        migrations.CreateModel(
            name='Journal',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('memo', models.CharField(max_length=200)),
                ('posted_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='billing.journal')),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('amount', models.BigIntegerField()),
                ('balance_after', models.BigIntegerField(editable=False, help_text='Wallets only; set by trigger.', null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='billing.account')),
                ('journal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='billing.journal')),
            ],
            options={
                'verbose_name_plural': 'entries',
                'indexes': [models.Index(fields=['account', '-id'], name='entry_statement')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='entry_moves_something')],
            },
        ),
    ]
