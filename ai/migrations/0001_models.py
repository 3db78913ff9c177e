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

    replaces = [
        ("ai", "0001_routes_calls_and_spend"),
        ("ai", "0002_budgets_of_calls"),
        ("ai", "0005_waiting_questions"),
        ("ai", "0007_names_for_operators"),
        ("ai", "0008_batches_for_operators"),
    ]

    dependencies = [
        ("core", "0002_places"),
    ]

    operations = [
        migrations.CreateModel(
            name='BatchJob',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('sending', 'Being sent'), ('sent', 'With the provider'), ('over', 'Collected'), ('failed', 'Not taken'), ('lost', 'Never heard of again')], default='sending', max_length=10)),
                ('batch_id', models.CharField(blank=True, help_text='What the provider calls it.', max_length=120)),
                ('file_id', models.CharField(blank=True, help_text='The questions, as the provider keeps them.', max_length=120)),
                ('questions', models.PositiveIntegerField(default=0)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('over_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'model batch',
                'verbose_name_plural': 'model batches',
                'indexes': [models.Index(condition=models.Q(('state__in', ['sending', 'sent'])), fields=['made_at'], name='batch_under_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('over_at', None), ('state__in', ['sending', 'sent'])), models.Q(('over_at__isnull', False), ('state__in', ['over', 'failed', 'lost'])), _connector='OR'), name='batch_over_or_not'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), models.Q(models.Q(('batch_id', ''), _negated=True), models.Q(('file_id', ''), _negated=True)), _connector='OR'), name='sent_batch_has_a_name')],
            },
        ),
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
                'verbose_name': 'model route',
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
                ('daily_budget_cents', models.PositiveIntegerField(help_text='Of its purpose, as it was then.')),
                ('monthly_budget_cents', models.PositiveIntegerField(help_text='Of its purpose, as it was then.')),
                ('reserved_cents', ai.models.Cents(decimal_places=6, max_digits=16)),
                ('cost_cents', ai.models.Cents(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('tokens_in', models.PositiveIntegerField(blank=True, null=True)),
                ('tokens_cached', models.PositiveIntegerField(blank=True, help_text='Of those in.', null=True)),
                ('tokens_out', models.PositiveIntegerField(blank=True, null=True)),
                ('latency_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('route', models.ForeignKey(blank=True, help_text='Empty: the route as shipped.', null=True, on_delete=django.db.models.deletion.PROTECT, to='ai.route')),
            ],
            options={
                'indexes': [models.Index(fields=['-asked_at'], name='call_newest'), models.Index(fields=['day', 'purpose', 'provider'], name='call_by_day'), models.Index(fields=['subject_kind', 'subject_id', '-asked_at'], name='call_subject'), models.Index(condition=models.Q(('outcome', 'asked')), fields=['give_up_at'], name='call_under_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(('purpose__in', ['score_lead', 'clean_listing', 'chat', 'market_note', 'engagement', 'embed'])), name='call_purpose_known'), models.CheckConstraint(condition=models.Q(('reserved_cents__gte', 0)), name='call_reserves_something'), models.CheckConstraint(condition=models.Q(models.Q(('cost_cents', None), ('outcome', 'asked'), ('settled_at', None)), models.Q(models.Q(('outcome', 'asked'), _negated=True), ('cost_cents__gte', 0), ('settled_at__isnull', False)), _connector='OR'), name='call_settled_whole'), models.UniqueConstraint(condition=models.Q(('outcome', 'asked')), fields=('input_hash',), name='one_call_per_input_under_way')],
            },
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
                'verbose_name': 'model spend',
                'verbose_name_plural': 'model spend',
                'constraints': [models.UniqueConstraint(fields=('purpose', 'period', 'since'), name='one_spend_per_period'), models.CheckConstraint(condition=models.Q(('reserved_cents__gte', 0), ('spent_cents__gte', 0)), name='spend_not_negative'), models.CheckConstraint(condition=models.Q(('limit_cents__gte', django.db.models.expressions.CombinedExpression(models.F('reserved_cents'), '+', models.F('spent_cents')))), name='spend_within_limit')],
            },
        ),
        migrations.CreateModel(
            name='WaitingQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='Whose question it is, as ai.waiting knows it.', max_length=40)),
                ('subject_id', models.CharField(max_length=60)),
                ('queued_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('tries', models.PositiveSmallIntegerField(default=0, help_text='How often no answer came.')),
                ('call', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='ai.modelcall')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='ai.batchjob')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('job', None)), fields=['queued_at'], name='waiting_oldest')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject_id'), name='a_subject_waits_once'), models.CheckConstraint(condition=models.Q(models.Q(('call', None), ('job', None)), models.Q(('call__isnull', False), ('job__isnull', False)), _connector='OR'), name='waits_or_is_with_a_provider')],
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
    ]
