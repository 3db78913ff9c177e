import aiqleads.core.clock
import aiqleads.core.personal_data
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.lookups
import pgvector.django.halfvec
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("leads", "0001_initial"),
        ("leads", "0003_observation_address"),
        ("leads", "0007_source_delay"),
        ("leads", "0008_points_are_whole"),
        ("leads", "0009_image_hashes"),
        ("leads", "0012_knowing_homes"),
        ("leads", "0013_source_pace"),
        ("leads", "0015_consents"),
        ("leads", "0017_held_sightings"),
        ("leads", "0019_markets_are_read_off_an_index"),
        ("leads", "0020_vocabulary"),
        ("leads", "0022_contact_objections"),
        ("leads", "0031_refused_recipes"),
    ]

    dependencies = [
        ("core", "0002_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TierRecord',
            fields=[
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8, primary_key=True, serialize=False)),
                ('told', models.PositiveIntegerField(help_text='Sales whose buyers told what became of them, or gave them back.')),
                ('reached', models.PositiveIntegerField(help_text='Of these, where the owner was reached.')),
                ('listed', models.PositiveIntegerField(help_text='Of these, where the buyer listed the home.')),
                ('measured_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'leads_tierrecord',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Lead',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('fsbo', 'For sale by owner'), ('expired', 'Expired listing'), ('preforeclosure', 'Pre-foreclosure'), ('probate', 'Probate'), ('absentee', 'Absentee owner'), ('rental_owner', 'For rent by owner'), ('buyer_enquiry', 'Buyer enquiry'), ('owner_submitted', 'Sent in by the owner')], max_length=16)),
                ('state', models.CharField(choices=[('new', 'New'), ('review', 'Waits for review'), ('active', 'Active'), ('rejected', 'Rejected'), ('merged', 'Merged into another'), ('withdrawn', 'Withdrawn'), ('erased', 'Erased')], default='new', max_length=10)),
                ('state_reason', models.CharField(blank=True, max_length=200)),
                ('is_operator_decided', models.BooleanField(default=False, help_text='An operator approved or rejected it.')),
                ('address_line', models.CharField(blank=True, help_text='Number, street and unit.', max_length=200)),
                ('street', models.CharField(blank=True, help_text='Without number and unit.', max_length=160)),
                ('city', models.CharField(blank=True, max_length=80)),
                ('state_code', models.CharField(blank=True, max_length=2)),
                ('zip_code', models.CharField(blank=True, max_length=5)),
                ('latitude', models.FloatField(blank=True, null=True)),
                ('longitude', models.FloatField(blank=True, null=True)),
                ('address_hash', models.CharField(blank=True, help_text="Keyed hash of the building's address, unit left out.", max_length=80)),
                ('property_type', models.CharField(blank=True, max_length=30)),
                ('beds', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ('baths', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ('area_sqft', models.PositiveIntegerField(blank=True, null=True)),
                ('asking_price_cents', models.BigIntegerField(blank=True, null=True)),
                ('price_period', models.CharField(choices=[('once', 'once'), ('month', 'a month'), ('week', 'a week')], default='once', max_length=5)),
                ('summary', models.CharField(blank=True, help_text='Our own words, made from the facts.', max_length=400)),
                ('features', models.JSONField(blank=True, db_default=[], default=list, help_text='Names of the catalogue in leads/reading, for everybody.')),
                ('image_count', models.PositiveSmallIntegerField(default=0)),
                ('provenance', models.JSONField(default=dict, help_text='Field → id of the observation it was taken from.')),
                ('posted_at', models.DateTimeField(blank=True, null=True)),
                ('first_seen_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_seen_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('changed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('follows', models.ForeignKey(blank=True, help_text='The same home as it was offered before, by another seller.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='leads.lead')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_leads', to='leads.lead')),
            ],
            options={
                'indexes': [models.Index(fields=['address_hash'], name='lead_address'), models.Index(fields=['state', '-changed_at'], name='lead_state'), models.Index(fields=['zip_code', 'kind'], name='lead_zip'), models.Index(condition=models.Q(('asking_price_cents__gt', 0), ('state', 'active')), fields=['price_period', 'zip_code', 'id'], include=('property_type', 'beds', 'area_sqft', 'asking_price_cents'), name='lead_comparable')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('state', 'merged')), models.Q(models.Q(('state', 'merged'), _negated=True), ('merged_into__isnull', True)), _connector='OR'), name='merged_names_its_winner'), models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('latitude__range', (-90, 90)), ('longitude__isnull', False), ('longitude__range', (-180, 180))), _connector='OR'), name='lead_point_whole_and_on_earth'), models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='not_merged_into_itself'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'erased'), _negated=True), models.Q(('address_hash', ''), ('address_line', ''), ('latitude__isnull', True), ('provenance', {}), ('street', ''), ('summary', '')), _connector='OR'), name='erased_lead_holds_nothing')],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('slug', models.SlugField(max_length=60, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('family', models.CharField(choices=[('classified', 'Classified site'), ('fsbo', 'For-sale-by-owner site'), ('social', 'Social marketplace'), ('portal', 'Listing portal'), ('mls', 'MLS feed'), ('records', 'Public records'), ('owner', 'Owners and operators')], max_length=12)),
                ('reader', models.CharField(help_text='The slug of the reader of its pages.', max_length=40)),
                ('base_url', models.URLField(blank=True)),
                ('access_token', aiqleads.core.personal_data.EncryptedTextField(blank=True, null=True)),
                ('trust_percent', models.PositiveSmallIntegerField(default=50, help_text='Whose word counts when sources disagree.', validators=[django.core.validators.MaxValueValidator(100)])),
                ('delay_seconds', models.PositiveSmallIntegerField(default=1, help_text="Between two requests; our own machine's sites are asked without delay.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(300)])),
                ('requests_at_once', models.PositiveSmallIntegerField(default=2, help_text='Of one host, at most.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(16)])),
                ('adapts_pace', models.BooleanField(default=True, help_text='Ask more slowly while the site answers slowly (AutoThrottle).')),
                ('is_paused', models.BooleanField(default=False)),
                ('pause_reason', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
        ),
        migrations.CreateModel(
            name='AreaGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('zip_code', models.CharField(max_length=5)),
                ('group', models.CharField(max_length=60)),
                ('share', models.FloatField(help_text='0 to 1.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('zip_code', 'group'), name='area_group_once'), models.CheckConstraint(condition=models.Q(('share__range', (0, 1))), name='area_share_is_a_share')],
            },
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('sell', 'Selling a home'), ('buy', 'Looking for a home')], max_length=4)),
                ('version', models.CharField(max_length=20)),
                ('language', models.CharField(max_length=5)),
                ('text', models.TextField()),
                ('in_force_from', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purpose', 'version', 'language'), name='consent_text_once')],
            },
        ),
        migrations.CreateModel(
            name='JudgingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('review_from', models.PositiveSmallIntegerField(default=40, help_text='From this fraud score on a lead waits.')),
                ('reject_from', models.PositiveSmallIntegerField(default=70, help_text='From this fraud score on it is rejected.')),
                ('weights', models.JSONField(default=dict, help_text='{"text": 100, …} in percent; a part not named counts whole.')),
                ('in_force_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name': 'thresholds',
                'verbose_name_plural': 'thresholds',
                'constraints': [models.CheckConstraint(condition=models.Q(('review_from__gte', 1), ('review_from__lte', models.F('reject_from'))), name='judging_review_before_reject')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('quality_score', models.PositiveSmallIntegerField()),
                ('fraud_score', models.PositiveSmallIntegerField()),
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8)),
                ('verdict', models.CharField(choices=[('pass', 'Pass'), ('review', 'Review'), ('reject', 'Reject')], max_length=6)),
                ('model_version', models.CharField(max_length=40)),
                ('quality_evidence', models.JSONField(help_text='[{part, points, field, says}]')),
                ('fraud_evidence', models.JSONField(help_text='[{part, points, field, says}]')),
                ('observation_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('facts', models.JSONField(blank=True, help_text='What was judged, without names and texts.', null=True)),
                ('scored_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='leads.lead')),
                ('policy', models.ForeignKey(blank=True, help_text='Empty: the thresholds as shipped.', null=True, on_delete=django.db.models.deletion.PROTECT, to='leads.judgingpolicy')),
            ],
            options={
                'indexes': [models.Index(fields=['lead', '-scored_at'], name='score_newest'), models.Index(fields=['-scored_at'], name='score_recent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('fraud_score__range', (0, 100)), ('quality_score__range', (0, 100))), name='scores_in_range')],
            },
        ),
        migrations.CreateModel(
            name='Sale',
            fields=[
                ('id', models.UUIDField(editable=False, help_text="The purchase's.", primary_key=True, serialize=False)),
                ('sold_at', models.DateTimeField()),
                ('returned_at', models.DateTimeField(blank=True, null=True)),
                ('ground', models.CharField(blank=True, help_text='Why it came back.', max_length=20)),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sales', to='leads.lead')),
                ('score', models.ForeignKey(blank=True, help_text='What the buyer read.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.score')),
            ],
            options={
                'indexes': [models.Index(fields=['sold_at'], name='sale_in_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ground', ''), ('returned_at__isnull', True)), models.Q(('returned_at__isnull', False), models.Q(('ground', ''), _negated=True)), _connector='OR'), name='sale_returned_on_a_ground')],
            },
        ),
        migrations.CreateModel(
            name='SaleOutcome',
            fields=[
                ('sale', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='came_to', serialize=False, to='leads.sale')),
                ('is_told', models.BooleanField(help_text='Whether anybody knows: it was marked, or it came back.')),
                ('is_reached', models.BooleanField()),
                ('is_listed', models.BooleanField()),
            ],
            options={
                'db_table': 'leads_saleoutcome',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('crawl_run_id', models.UUIDField(blank=True, help_text='The run that first saw it; crawling lies above.', null=True)),
                ('external_id_hash', models.CharField(max_length=80)),
                ('content_hash', models.CharField(max_length=80)),
                ('address_hash', models.CharField(blank=True, help_text="Keyed hash of the building's address.", max_length=80)),
                ('door_hash', models.CharField(blank=True, db_default='', help_text='Keyed hash of house number and town, whatever the street.', max_length=80)),
                ('raw', aiqleads.core.personal_data.EncryptedJSONField(help_text='The whole record as read.', null=True)),
                ('facts', models.JSONField(default=dict, help_text='Normalised facts without personal values.')),
                ('first_seen_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_seen_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
                ('is_held', models.BooleanField(default=False, help_text='Its source read otherwise than before: its lead waits for an operator.')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='leads.lead')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='leads.source')),
            ],
            options={
                'indexes': [models.Index(fields=['lead', '-last_seen_at'], name='observation_lead'), models.Index(condition=models.Q(('is_held', True)), fields=['source'], name='observation_held'), models.Index(condition=models.Q(('address_hash', ''), _negated=True), fields=['address_hash'], name='observation_address'), models.Index(condition=models.Q(('door_hash', ''), _negated=True), fields=['door_hash'], name='observation_door')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id_hash', 'content_hash'), name='observation_once')],
            },
        ),
        migrations.CreateModel(
            name='DoubtfulPair',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('points', models.SmallIntegerField(help_text='Half-bits of evidence; see leads.identity.')),
                ('evidence', models.JSONField(default=list, help_text='[{part, points, field, says}]')),
                ('is_tied', models.BooleanField(default=False, help_text='As like as one home, but each resembles a third home that is not the other.')),
                ('state', models.CharField(choices=[('open', 'Waits for a decision'), ('same', 'Same home'), ('different', 'Different homes')], default='open', max_length=9)),
                ('found_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.lead')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='doubts', to='leads.lead')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['-points', 'found_at'], name='doubt_queue')],
                'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='doubted_once'), models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='doubtful_pair_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', aiqleads.core.personal_data.EncryptedTextField(blank=True, null=True)),
                ('phone', aiqleads.core.personal_data.EncryptedTextField(blank=True, help_text='E.164, ;ext= for an extension', null=True)),
                ('email', aiqleads.core.personal_data.EncryptedTextField(blank=True, null=True)),
                ('is_phone_fictitious', models.BooleanField(default=False)),
                ('phone_hash', models.CharField(blank=True, max_length=80)),
                ('phone_last_seven_hash', models.CharField(blank=True, max_length=80)),
                ('email_hash', models.CharField(blank=True, max_length=80)),
                ('name_phonetic_hash', models.CharField(blank=True, max_length=80)),
                ('household_hashes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), db_default=[], default=list, help_text="Keyed hashes of the home's address together with the surname: by ZIP, and by town.", size=None)),
                ('dnc_checked_at', models.DateTimeField(blank=True, help_text='When the number was looked for last.', null=True)),
                ('dnc_looked_in', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, help_text='The do-not-call lists that it was looked for in.', size=None)),
                ('dnc_found_in', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), db_default=[], default=list, size=None)),
                ('objection', models.CharField(blank=True, choices=[('wrong_number', 'Wrong number'), ('not_the_owner', 'Not the owner'), ('do_not_contact', 'Asked not to be contacted')], db_default='', help_text='Found out by whoever bought it.', max_length=14)),
                ('objected_at', models.DateTimeField(blank=True, null=True)),
                ('observation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='leads.observation')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='leads.lead')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('phone_hash', ''), _negated=True), fields=['phone_hash'], name='contact_phone_hash'), models.Index(condition=models.Q(('phone_last_seven_hash', ''), _negated=True), fields=['phone_last_seven_hash'], name='contact_phone_last_seven_has'), models.Index(condition=models.Q(('email_hash', ''), _negated=True), fields=['email_hash'], name='contact_email_hash'), models.Index(condition=models.Q(('name_phonetic_hash', ''), _negated=True), fields=['name_phonetic_hash'], name='contact_name_phonetic_hash'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('household_hashes', []), _negated=True), fields=['household_hashes'], name='contact_households'), models.Index(models.OrderBy(models.F('dnc_checked_at'), nulls_first=True), condition=models.Q(('phone_hash', ''), _negated=True), name='contact_dnc_due')],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('merged_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('evidence', models.JSONField(default=list, help_text='[{part, points, field, says}]')),
                ('observation_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='The sightings that moved.', size=None)),
                ('lead_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='Leads merged into the loser before.', size=None)),
                ('pair_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='Doubts that the winner took over.', size=None)),
                ('before', aiqleads.core.personal_data.EncryptedJSONField(help_text='Both rows as they were.', null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('loser', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_as_loser', to='leads.lead')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('winner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='leads.lead')),
            ],
            options={
                'indexes': [models.Index(fields=['-merged_at'], name='merge_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('loser',), name='merged_once')],
            },
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sale_id', models.UUIDField(help_text='The purchase; selling lies above.')),
                ('status', models.CharField(choices=[('contacted', 'Contacted'), ('appointment', 'Appointment'), ('listed', 'Listed with me'), ('lost', 'Lost')], max_length=11)),
                ('via', models.CharField(choices=[('page', 'the page'), ('api', 'the API'), ('email', "a letter's link")], max_length=5)),
                ('marked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='leads.lead')),
                ('marked_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['sale_id', '-marked_at'], name='outcome_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['contacted', 'appointment', 'listed', 'lost'])), name='outcome_status_known')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text_hash', models.CharField(help_text='Keyed hash of title and description.', max_length=80)),
                ('recipe', models.CharField(help_text='Which prompt or rules, over which catalogue.', max_length=60)),
                ('role', models.CharField(help_text='Such as "primary reader".', max_length=40)),
                ('provider', models.CharField(max_length=40)),
                ('model', models.CharField(help_text='What answered, as its provider calls it.', max_length=80)),
                ('call_id', models.UUIDField(blank=True, help_text='The line of the ledger that paid for it.', null=True)),
                ('passages', models.JSONField(default=list, help_text='[{topic, name, quote, start, end}]')),
                ('read_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('observation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='leads.observation')),
            ],
            options={
                'indexes': [models.Index(fields=['recipe', '-read_at'], name='reading_recent')],
                'constraints': [models.UniqueConstraint(fields=('text_hash', 'recipe'), name='text_read_once'), models.CheckConstraint(condition=models.Q(models.Q(('text_hash', ''), _negated=True), models.Q(('model', ''), _negated=True)), name='reading_names_text_and_reader')],
            },
        ),
        migrations.CreateModel(
            name='ScoringModel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.CharField(help_text='What scores are stamped with: trained-1.', max_length=40)),
                ('state', models.CharField(choices=[('candidate', 'Candidate'), ('shadow', 'In the shadow'), ('in_force', 'In force'), ('retired', 'Retired')], default='candidate', max_length=9)),
                ('scorecard', models.JSONField(help_text='{features, start, points, unknown, likelihood}')),
                ('report', models.JSONField(help_text='How it was measured: see docs/subsystems/scoring.md.')),
                ('parity', models.CharField(choices=[('within', 'Within'), ('outside', 'Outside'), ('unknown', 'Unknown')], max_length=7)),
                ('is_simulated', models.BooleanField(default=False, help_text='Learnt from outcomes that were made up.')),
                ('kept_because', models.CharField(blank=True, help_text='Why it did not come into force by itself; empty where it did.', max_length=500)),
                ('trained_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('in_force_at', models.DateTimeField(blank=True, help_text='The last time it came into force.', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version',), name='scoring_model_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('state',), name='scoring_model_one_in_force'), models.UniqueConstraint(condition=models.Q(('state', 'shadow')), fields=('state',), name='scoring_model_one_shadow'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('parity', 'within'), _connector='OR'), name='scoring_model_in_force_within_parity'), models.CheckConstraint(condition=models.Q(('is_simulated', False), ('state', 'candidate'), _connector='OR'), name='scoring_model_simulated_stays_out')],
            },
        ),
        migrations.CreateModel(
            name='ShadowScore',
            fields=[
                ('score', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='shadow', serialize=False, to='leads.score')),
                ('quality_score', models.PositiveSmallIntegerField()),
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shadow_scores', to='leads.scoringmodel')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('quality_score__range', (0, 100))), name='shadow_score_in_range')],
            },
        ),
        migrations.CreateModel(
            name='SourceRight',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('basis', models.CharField(choices=[('licensed', 'Licensed'), ('permission', 'Written permission'), ('public_record', 'Public record'), ('owner_submitted', 'Submitted by the owner'), ('prohibited', 'Prohibited')], max_length=16)),
                ('may_list', models.BooleanField(default=False)),
                ('may_value', models.BooleanField(default=False)),
                ('may_suppress', models.BooleanField(default=False)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='From when until when; an open end lasts until another right is recorded.')),
                ('document', models.CharField(blank=True, help_text='Where the licence or permission is kept.', max_length=300)),
                ('terms_version', models.CharField(blank=True, max_length=40)),
                ('contact_email', models.EmailField(blank=True, max_length=254)),
                ('recorded_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights', to='leads.source')),
            ],
            options={
                'verbose_name': 'right',
                'verbose_name_plural': 'rights',
                'constraints': [models.CheckConstraint(condition=models.Q(('basis__in', ['licensed', 'permission', 'public_record', 'owner_submitted', 'prohibited'])), name='right_basis_known'), models.CheckConstraint(condition=models.Q(models.Q(('basis', 'prohibited'), _negated=True), models.Q(('may_list', False), ('may_value', False)), _connector='OR'), name='prohibited_allows_nothing'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('source', '='), ('during', '&&')], name='one_right_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='VectorRecipe',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40)),
                ('provider', models.CharField(max_length=20)),
                ('model', models.CharField(max_length=80)),
                ('dimensions', models.PositiveSmallIntegerField()),
                ('precision', models.CharField(max_length=10)),
                ('text_version', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('building', 'Being followed for all leads'), ('serving', 'Serving'), ('retired', 'Retired')], default='building', max_length=8)),
                ('begun_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('serving_since', models.DateTimeField(blank=True, null=True)),
                ('is_refused', models.BooleanField(db_default=False, default=False, help_text="An operator wants no vectors of this provider's.")),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('is_refused', False), ('state', 'retired'), _connector='OR'), name='refused_recipe_is_retired'), models.UniqueConstraint(fields=('name', 'precision', 'text_version'), name='vector_recipe_once'), models.UniqueConstraint(condition=models.Q(('state', 'serving')), fields=('provider',), name='one_recipe_serves'), models.UniqueConstraint(condition=models.Q(('state', 'building')), fields=('provider',), name='one_recipe_is_built')],
            },
        ),
        migrations.CreateModel(
            name='LeadVector',
            fields=[
                ('pk', models.CompositePrimaryKey('lead_id', 'recipe_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('text_hash', models.CharField(help_text='Of the text that it was made from.', max_length=32)),
                ('state_code', models.CharField(blank=True, db_default='', help_text="The lead's; a trigger keeps it.", max_length=2)),
                ('vector', pgvector.django.halfvec.HalfVectorField(dimensions=384)),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='vectors', to='leads.lead')),
                ('recipe', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.vectorrecipe')),
            ],
            options={
                'indexes': [models.Index(fields=['state_code'], name='vector_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThan(models.Func('vector', function='l2_norm', output_field=models.FloatField()), 0.99), django.db.models.lookups.LessThan(models.Func('vector', function='l2_norm', output_field=models.FloatField()), 1.01)), name='vector_has_length_one')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('observation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='consent', serialize=False, to='leads.observation')),
                ('text_version', models.CharField(max_length=40)),
                ('language', models.CharField(blank=True, max_length=5)),
                ('given_at', models.DateTimeField()),
                ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), help_text='call, text, email', size=None)),
                ('agents', models.PositiveSmallIntegerField()),
                ('proof', aiqleads.core.personal_data.EncryptedJSONField(help_text='Where and how it was given: address, page, browser.', null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('agents__range', (1, 3))), name='consent_names_one_to_three_agents')],
            },
        ),
        migrations.CreateModel(
            name='ImageHash',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('bits', models.BigIntegerField(help_text='Difference hash, 64 bits.')),
                ('bands', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=4)),
                ('observation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='leads.observation')),
            ],
            options={
                'verbose_name_plural': 'image hashes',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['bands'], name='image_bands')],
            },
        ),
        migrations.CreateModel(
            name='ProviderVector',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='leads.lead')),
                ('text_hash', models.CharField(help_text='Of the text that it was made from.', max_length=32)),
                ('vector', pgvector.django.halfvec.HalfVectorField(dimensions=512)),
                ('recipe', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.vectorrecipe')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThan(models.Func('vector', function='l2_norm', output_field=models.FloatField()), 0.99), django.db.models.lookups.LessThan(models.Func('vector', function='l2_norm', output_field=models.FloatField()), 1.01)), name='provider_vector_has_length_one')],
            },
        ),
        migrations.CreateModel(
            name='VectorDue',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='leads.lead')),
                ('asked_at', models.DateTimeField()),
                ('taken_until', models.DateTimeField(blank=True, help_text='A worker sees to it until then.', null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['asked_at'], name='vector_due')],
            },
        ),
    ]
