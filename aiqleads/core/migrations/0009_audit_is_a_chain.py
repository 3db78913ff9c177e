"""The audit trail is numbered and sealed, and says where things came from."""

import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import aiqleads.core.clock
import aiqleads.core.models
from aiqleads.core import schedules

NUMBERS = """
CREATE SEQUENCE core_auditentry_number;
CREATE FUNCTION core_next_audit_number() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- In this order: what seals the trail waits for every transaction that had its id when the number was drawn.
    PERFORM pg_current_xact_id();
    RETURN nextval('core_auditentry_number');
END $$;
"""
WRITTEN_ONCE = """
CREATE TRIGGER audit_seal_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""



class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_postgis_where_there_is'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        schedules.BEAT_MIGRATION,
    ]

    operations = [
        migrations.RunSQL(
            NUMBERS, "DROP FUNCTION core_next_audit_number(); DROP SEQUENCE core_auditentry_number;"
        ),
        migrations.CreateModel(
            name='AuditHorizon',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('below', models.BigIntegerField(help_text='A transaction id of PostgreSQL, 64 bits.')),
                ('read_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sealed_number', models.BigIntegerField(default=0)),
                ('sealed_sha256', models.CharField(blank=True, default='', max_length=64)),
            ],
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
            },
        ),
        migrations.AddField(
            model_name='auditentry',
            name='address_hash',
            field=models.CharField(blank=True, db_default='', max_length=80),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='agent',
            field=models.CharField(blank=True, db_default='', help_text='The family of their program.', max_length=20),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='door',
            field=models.CharField(blank=True, db_default='', help_text='page, api, admin, task …, command …', max_length=80),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='network',
            field=models.CharField(blank=True, db_default='', help_text="Most of the client's address.", max_length=50),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='number',
            field=models.BigIntegerField(db_default=aiqleads.core.models.NextAuditNumber(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='request_id',
            field=models.CharField(blank=True, db_default='', max_length=32),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['actor', '-at'], name='audit_actor'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['action', '-at'], name='audit_action'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('network', ''), _negated=True), fields=['network', '-at'], name='audit_network'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('address_hash', ''), _negated=True), fields=['address_hash', '-at'], name='audit_address'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='audit_request'),
        ),
        migrations.AddConstraint(
            model_name='audithorizon',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='one_audit_horizon'),
        ),
        migrations.AddConstraint(
            model_name='auditseal',
            constraint=models.CheckConstraint(condition=models.Q(('first_number__lte', models.F('last_number'))), name='audit_seal_not_backwards'),
        ),
        migrations.AddConstraint(
            model_name='auditseal',
            constraint=models.CheckConstraint(condition=models.Q(('rows__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('last_number'), '-', models.F('first_number')), '+', models.Value(1)))), name='audit_seal_rows_in_range'),
        ),
        migrations.RunSQL(WRITTEN_ONCE, "DROP TRIGGER audit_seal_is_written_once ON core_auditseal;"),
        schedules.every(
            60,
            name="Seal the audit trail",
            task="aiqleads.core.tasks.seal_audit_trail",
            description="So that a row that is changed or removed afterwards is found by manage.py verify_audit.",
        ),
    ]
