import aiqleads.core.clock
import aiqleads.core.models
import aiqleads.core.personal_data
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models

NUMBERS = """
CREATE SEQUENCE core_auditentry_number;
CREATE FUNCTION core_next_audit_number() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- In this order: what seals the trail waits for every transaction that had its id when the number was drawn.
    PERFORM pg_current_xact_id();
    RETURN nextval('core_auditentry_number');
END $$;
"""


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("core", "0002_outbox_and_audit"),
        ("core", "0005_urgent_events"),
        ("core", "0012_horizons_wait_for_writers"),
    ]

    dependencies = [
        ("core", "0002_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(NUMBERS),
        migrations.CreateModel(
            name='KeyRotation',
            fields=[
                ('column', models.CharField(help_text='app.model.field', max_length=120, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('last_key', models.CharField(blank=True, default='', help_text='The last row looked at.', max_length=64)),
                ('rewritten', models.PositiveBigIntegerField(default=0)),
                ('started_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(help_text='What it is about, as area.fact:row', max_length=160)),
                ('says', models.CharField(max_length=300)),
                ('subject', models.CharField(blank=True, help_text='app.model:id', max_length=80)),
                ('times', models.PositiveIntegerField(default=1, help_text='How often it was noticed while it was open.')),
                ('opened_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('noticed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-opened_at'], name='alert_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('key',), name='one_open_alert_per_key')],
            },
        ),
        migrations.CreateModel(
            name='AuditHorizon',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('waits_for', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, help_text="PostgreSQL's virtual ids.", size=None)),
                ('read_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sealed_number', models.BigIntegerField(default=0)),
                ('sealed_sha256', models.CharField(blank=True, default='', max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_audit_horizon')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_number', models.BigIntegerField(help_text='One more than the last number of the seal before.', unique=True)),
                ('last_number', models.BigIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('previous_sha256', models.CharField(max_length=64, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'audit seals',
                'constraints': [models.CheckConstraint(condition=models.Q(('first_number__lte', models.F('last_number'))), name='audit_seal_not_backwards'), models.CheckConstraint(condition=models.Q(('rows__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('last_number'), '-', models.F('first_number')), '+', models.Value(1)))), name='audit_seal_rows_in_range')],
            },
        ),
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('payload', models.JSONField()),
                ('is_urgent', models.BooleanField(db_default=False, help_text='Somebody waits for it: delivered before the rest.')),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('delivered_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('retry_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_error', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(models.OrderBy(models.F('is_urgent'), descending=True), models.F('id'), condition=models.Q(('delivered_at', None)), name='outbox_due')],
            },
        ),
        migrations.CreateModel(
            name='StoredReply',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('actor', models.CharField(help_text='Whose key it is: kind:id', max_length=60)),
                ('key', models.CharField(max_length=80)),
                ('fingerprint', models.CharField(max_length=80)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', aiqleads.core.personal_data.EncryptedTextField()),
                ('stored_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'stored replies',
                'indexes': [models.Index(fields=['stored_at'], name='reply_stored')],
                'constraints': [models.UniqueConstraint(fields=('actor', 'key'), name='reply_once')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('action', models.CharField(max_length=60)),
                ('subject', models.CharField(help_text='app.model:id', max_length=80)),
                ('details', models.JSONField(default=dict)),
                ('number', models.BigIntegerField(db_default=aiqleads.core.models.NextAuditNumber(), editable=False, unique=True)),
                ('door', models.CharField(blank=True, db_default='', help_text='page, api, admin, task …, command …', max_length=80)),
                ('network', models.CharField(blank=True, db_default='', help_text="Most of the client's address.", max_length=50)),
                ('address_hash', models.CharField(blank=True, db_default='', max_length=80)),
                ('agent', models.CharField(blank=True, db_default='', help_text='The family of their program.', max_length=20)),
                ('request_id', models.CharField(blank=True, db_default='', max_length=32)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'indexes': [models.Index(fields=['subject', 'at'], name='audit_subject'), models.Index(fields=['-at'], name='audit_at'), models.Index(fields=['actor', '-at'], name='audit_actor'), models.Index(fields=['action', '-at'], name='audit_action'), models.Index(condition=models.Q(('network', ''), _negated=True), fields=['network', '-at'], name='audit_network'), models.Index(condition=models.Q(('address_hash', ''), _negated=True), fields=['address_hash', '-at'], name='audit_address'), models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='audit_request')],
            },
        ),
    ]
