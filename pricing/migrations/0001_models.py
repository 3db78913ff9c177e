import aiqleads.core.clock
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("pricing", "0001_initial"),
    ]

    dependencies = [
        ("core", "0002_places"),
        ('leads', '0001_models'),
    ]

    operations = [
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zip3', models.CharField(max_length=3)),
                ('kind', models.CharField(choices=[('fsbo', 'For sale by owner'), ('expired', 'Expired listing'), ('preforeclosure', 'Pre-foreclosure'), ('probate', 'Probate'), ('absentee', 'Absentee owner'), ('rental_owner', 'For rent by owner'), ('buyer_enquiry', 'Buyer enquiry'), ('owner_submitted', 'Sent in by the owner')], max_length=16)),
                ('holds', models.PositiveIntegerField(default=0)),
                ('sales', models.PositiveIntegerField(default=0)),
                ('listed', models.PositiveIntegerField(default=0)),
                ('measured_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'demand',
                'constraints': [models.UniqueConstraint(fields=('zip3', 'kind'), name='demand_once')],
            },
        ),
        migrations.CreateModel(
            name='PricePolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('floor_credits', models.PositiveIntegerField(default=4)),
                ('ceiling_credits', models.PositiveIntegerField(default=120)),
                ('base_credits', models.JSONField(default=dict, help_text='{"fsbo": 22, …}; a kind not named costs "other".')),
                ('demand_weight_percent', models.PositiveSmallIntegerField(default=25)),
                ('in_force_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'price policies',
                'constraints': [models.CheckConstraint(condition=models.Q(('floor_credits__gte', 1), ('floor_credits__lte', models.F('ceiling_credits'))), name='policy_floor_below_ceiling')],
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('price_credits', models.PositiveIntegerField()),
                ('parts', models.JSONField(help_text='[{part, credits, says}], summing to price_credits')),
                ('model_version', models.CharField(max_length=40)),
                ('quoted_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quotes', to='leads.lead')),
            ],
            options={
                'indexes': [models.Index(fields=['lead', '-quoted_at'], name='quote_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price_credits__gte', 1)), name='quote_costs_something')],
            },
        ),
    ]
