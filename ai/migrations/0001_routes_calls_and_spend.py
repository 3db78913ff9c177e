"""Routes, what may be spent, what was asked and what came back."""
import ai.models
import aiqleads.core.clock
import aiqleads.core.personal_data
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [("core", "0003_audit_is_append_only")]

    operations = [
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('score_lead', 'Read adverts'), ('clean_listing', 'Clean listings'), ('chat', 'Assistant'), ('market_note', 'Market notes'), ('engagement', 'Engagement texts'), ('embed', 'Embeddings')], max_length=20)),
                ('name', models.CharField(max_length=60)),
                ('steps', models.JSONField(help_text='[{role, provider, model, parameters}], asked in this order.')),
                ('deadline_seconds', models.PositiveSmallIntegerField(help_text='For the whole question, all steps together.')),
                ('daily_budget_cents', models.PositiveIntegerField()),
                ('monthly_budget_cents', models.PositiveIntegerField()),
                ('max_tokens', models.PositiveIntegerField(help_text='The longest answer that is paid for.', validators=[django.core.validators.MinValueValidator(1)])),
                ('in_force_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'indexes': [models.Index(fields=['purpose', '-in_force_at'], name='route_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('purpose__in', ['score_lead', 'clean_listing', 'chat', 'market_note', 'engagement', 'embed'])), name='route_purpose_known'), models.CheckConstraint(condition=models.Q(('deadline_seconds__gte', 1)), name='route_has_a_deadline'), models.CheckConstraint(condition=models.Q(('max_tokens__gte', 1)), name='route_has_max_tokens')],
            },
        ),
        migrations.CreateModel(
            name='ModelCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('score_lead', 'Read adverts'), ('clean_listing', 'Clean listings'), ('chat', 'Assistant'), ('market_note', 'Market notes'), ('engagement', 'Engagement texts'), ('embed', 'Embeddings')], max_length=20)),
                ('role', models.CharField(max_length=60)),
                ('provider', models.CharField(max_length=40)),
                ('model', models.CharField(help_text='Which was asked for.', max_length=120)),
                ('answered_by', models.CharField(blank=True, help_text="Which answered, in the provider's words.", max_length=120)),
                ('prompt', models.CharField(help_text='Name and version.', max_length=80)),
                ('input_hash', models.CharField(max_length=80)),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.CharField(max_length=60)),
                ('day', models.DateField(help_text='In whose budget it is counted (UTC).')),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('give_up_at', models.DateTimeField(help_text='Whoever asked has given up by then.')),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(choices=[('asked', 'Under way'), ('answered', 'Answered'), ('unusable', 'Unusable reply'), ('declined', 'Declined by the model'), ('refused', 'Refused by the provider'), ('busy', 'Too many calls'), ('failed', 'Provider failed'), ('timed_out', 'Took too long'), ('cut', 'Broke off'), ('lost', 'Never heard of again')], default='asked', max_length=10)),
                ('reserved_cents', ai.models.Cents(decimal_places=6, max_digits=16)),
                ('cost_cents', ai.models.Cents(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('tokens_in', models.PositiveIntegerField(blank=True, null=True)),
                ('tokens_cached', models.PositiveIntegerField(blank=True, help_text='Of those in.', null=True)),
                ('tokens_out', models.PositiveIntegerField(blank=True, null=True)),
                ('latency_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('route', models.ForeignKey(blank=True, help_text='Empty: the route as shipped.', null=True, on_delete=django.db.models.deletion.PROTECT, to='ai.route')),
            ],
        ),
        migrations.CreateModel(
            name='Spend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('score_lead', 'Read adverts'), ('clean_listing', 'Clean listings'), ('chat', 'Assistant'), ('market_note', 'Market notes'), ('engagement', 'Engagement texts'), ('embed', 'Embeddings')], max_length=20)),
                ('period', models.CharField(choices=[('day', 'Day'), ('month', 'Month')], max_length=5)),
                ('since', models.DateField(help_text='The day, or the first day of the month.')),
                ('reserved_cents', ai.models.Cents(decimal_places=6, default=0, help_text='For calls that are under way, at the most they can cost.', max_digits=16)),
                ('spent_cents', ai.models.Cents(decimal_places=6, default=0, max_digits=16)),
                ('limit_cents', ai.models.Cents(decimal_places=6, help_text='What was allowed when something was set aside last.', max_digits=16)),
            ],
            options={
                'verbose_name_plural': 'spend',
                'constraints': [models.UniqueConstraint(fields=('purpose', 'period', 'since'), name='one_spend_per_period'), models.CheckConstraint(condition=models.Q(('reserved_cents__gte', 0), ('spent_cents__gte', 0)), name='spend_not_negative'), models.CheckConstraint(condition=models.Q(('limit_cents__gte', django.db.models.expressions.CombinedExpression(models.F('reserved_cents'), '+', models.F('spent_cents')))), name='spend_within_limit')],
            },
        ),
        migrations.CreateModel(
            name='ModelReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('input_hash', models.CharField(max_length=80)),
                ('is_usable', models.BooleanField(help_text='Whether the same question is answered by it.')),
                ('raw', aiqleads.core.personal_data.EncryptedTextField()),
                ('at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('call', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='reply', to='ai.modelcall')),
            ],
            options={
                'verbose_name_plural': 'model replies',
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_usable', True)), fields=('input_hash',), name='one_usable_reply_per_input')],
            },
        ),
        migrations.AddIndex(
            model_name='modelcall',
            index=models.Index(fields=['-asked_at'], name='call_newest'),
        ),
        migrations.AddIndex(
            model_name='modelcall',
            index=models.Index(fields=['day', 'purpose', 'provider'], name='call_by_day'),
        ),
        migrations.AddIndex(
            model_name='modelcall',
            index=models.Index(fields=['subject_kind', 'subject_id', '-asked_at'], name='call_subject'),
        ),
        migrations.AddIndex(
            model_name='modelcall',
            index=models.Index(condition=models.Q(('outcome', 'asked')), fields=['give_up_at'], name='call_under_way'),
        ),
        migrations.AddConstraint(
            model_name='modelcall',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['score_lead', 'clean_listing', 'chat', 'market_note', 'engagement', 'embed'])), name='call_purpose_known'),
        ),
        migrations.AddConstraint(
            model_name='modelcall',
            constraint=models.CheckConstraint(condition=models.Q(('reserved_cents__gte', 0)), name='call_reserves_something'),
        ),
        migrations.AddConstraint(
            model_name='modelcall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost_cents', None), ('outcome', 'asked'), ('settled_at', None)), models.Q(models.Q(('outcome', 'asked'), _negated=True), ('cost_cents__gte', 0), ('settled_at__isnull', False)), _connector='OR'), name='call_settled_whole'),
        ),
        migrations.AddConstraint(
            model_name='modelcall',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', 'asked')), fields=('input_hash',), name='one_call_per_input_under_way'),
        ),
    ]
