import aiqleads.core.clock
import aiqleads.core.geo.indexes
import aiqleads.core.geo.native
import aiqleads.core.personal_data
import aiqleads.core.ranges
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import marketplace.sampling
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("marketplace", "0001_initial"),
        ("marketplace", "0003_listing_point"),
        ("marketplace", "0006_places_have_indexes"),
        ("marketplace", "0007_sorts_have_their_own_order"),
        ("marketplace", "0009_vocabulary"),
        ("marketplace", "0011_places_in_space"),
        ("marketplace", "0013_returns"),
        ("marketplace", "0015_notifications"),
        ("marketplace", "0016_told_of_returns"),
        ("marketplace", "0020_map"),
        ("marketplace", "0021_crm_matches"),
        ("marketplace", "0025_places_by_their_engine"),
        ("marketplace", "0027_assignments"),
        ("marketplace", "0031_engagement"),
        ("marketplace", "0033_deliveries"),
        ("marketplace", "0036_standing_orders"),
        ("marketplace", "0040_wider_map_indexes"),
        ("marketplace", "0042_deliveries_due"),
        ("marketplace", "0044_queues"),
        ("marketplace", "0046_closed_copies"),
        ("marketplace", "0048_features"),
        ("marketplace", "0049_sales_are_learnt_from"),
        ("marketplace", "0051_one_memory_of_replies"),
    ]

    dependencies = [
        ("core", "0002_places"),
        ('accounts', '0001_models'),
        ('billing', '0001_models'),
        ('leads', '0001_models'),
        ('pricing', '0001_models'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveryChoice',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='accounts.organisation')),
                ('is_mailed', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentPolicy',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='assignment_policy', serialize=False, to='accounts.organisation')),
                ('rule', models.CharField(choices=[('off', 'Stays with who bought it'), ('turn', 'In turn'), ('territory', 'By territory')], default='off', max_length=10)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('rule__in', ['off', 'turn', 'territory'])), name='assignment_rule_known')],
            },
        ),
        migrations.CreateModel(
            name='Cart',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='cart', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='CrmUpload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('uploaded_on', models.DateField(help_text='UTC; one upload a day.')),
                ('uploaded_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('row_count', models.PositiveIntegerField()),
                ('usable_count', models.PositiveIntegerField(help_text='With an address, and a phone or an e-mail.')),
                ('is_refused', models.BooleanField(default=False, help_text='It looked like guessing, and found nothing.')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crm_uploads', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', '-uploaded_at'], name='crm_upload_newest')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'uploaded_on'), name='one_crm_upload_a_day'), models.CheckConstraint(condition=models.Q(('row_count__lte', 20000)), name='crm_upload_is_small')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('token', aiqleads.core.personal_data.EncryptedTextField()),
                ('token_hash', models.CharField(max_length=80, unique=True)),
                ('platform', models.CharField(choices=[('android', 'Android'), ('ios', 'iOS'), ('web', 'Browser')], max_length=7)),
                ('name', models.CharField(blank=True, help_text='As its owner calls it.', max_length=60)),
                ('registered_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', '-registered_at'], name='device_newest')],
            },
        ),
        migrations.CreateModel(
            name='LeadSlot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='leads.lead')),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='marketplace.leadslot')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['closed_at'], name='slot_closed_lately')],
                'constraints': [models.UniqueConstraint(fields=('lead', 'number'), name='slot_once')],
            },
        ),
        migrations.CreateModel(
            name='Listing',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='listing', serialize=False, to='leads.lead')),
                ('kind', models.CharField(choices=[('fsbo', 'For sale by owner'), ('expired', 'Expired listing'), ('preforeclosure', 'Pre-foreclosure'), ('probate', 'Probate'), ('absentee', 'Absentee owner'), ('rental_owner', 'For rent by owner'), ('buyer_enquiry', 'Buyer enquiry'), ('owner_submitted', 'Sent in by the owner')], max_length=16)),
                ('tier', models.CharField(choices=[('premium', 'Premium'), ('standard', 'Standard'), ('low', 'Low')], max_length=8)),
                ('quality_score', models.PositiveSmallIntegerField()),
                ('city', models.CharField(max_length=80)),
                ('state_code', models.CharField(max_length=2)),
                ('zip_code', models.CharField(max_length=5)),
                ('street', models.CharField(blank=True, help_text='Without number and unit.', max_length=160)),
                ('latitude', models.FloatField(help_text='Moved 300–800 m, always to the same place.', null=True)),
                ('longitude', models.FloatField(null=True)),
                ('property_type', models.CharField(blank=True, max_length=30)),
                ('beds', models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ('baths', models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ('area_sqft', models.PositiveIntegerField(null=True)),
                ('asking_price_cents', models.BigIntegerField(null=True)),
                ('price_period', models.CharField(default='once', max_length=5)),
                ('summary', models.CharField(max_length=400)),
                ('features', models.JSONField(blank=True, db_default=[], default=list, help_text='Our words for what it offers.')),
                ('feature_words', models.TextField(blank=True, db_default='', help_text='The same, and other words by which it is searched for.')),
                ('image_count', models.PositiveSmallIntegerField(default=0)),
                ('source_name', models.CharField(help_text='The kind of source, never its address.', max_length=120)),
                ('right_basis', models.CharField(max_length=16)),
                ('reasons', models.JSONField(default=list, help_text='Evidence for the score: [{part, points, says}]')),
                ('posted_at', models.DateTimeField(null=True)),
                ('first_seen_at', models.DateTimeField()),
                ('price_credits', models.PositiveIntegerField()),
                ('copies', models.PositiveSmallIntegerField(default=1)),
                ('copies_left', models.PositiveSmallIntegerField(default=1, help_text='Kept by trigger from sold claims.')),
                ('returned_copies', models.PositiveSmallIntegerField(db_default=0, editable=False, help_text='How often a copy was delivered and came back; kept by trigger.')),
                ('opens_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('plans_from', models.DateTimeField(editable=False, help_text="When its territory holders' window ends; set once, by trigger.", null=True)),
                ('everyone_from', models.DateTimeField(editable=False, help_text='When its last early window ends; NULL where there is none.', null=True)),
                ('listed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('delisted_at', models.DateTimeField(blank=True, null=True)),
                ('right_until', models.DateTimeField(editable=False, help_text='When the last right that allows listing ends; set by trigger.', null=True)),
                ('delisted_reason', models.CharField(blank=True, max_length=200)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.SearchVector('summary', 'street', 'city', 'state_code', 'zip_code', 'property_type', 'feature_words', config='english'), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.quote')),
            ],
            options={
                'verbose_name': 'offer',
                'verbose_name_plural': 'offers',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search'], name='listing_search'), aiqleads.core.geo.indexes.DistanceIndex(condition=models.Q(('delisted_at', None)), name='listing_distance'), aiqleads.core.geo.indexes.AreaIndex(condition=models.Q(('delisted_at', None)), name='listing_area'), models.Index(condition=models.Q(('delisted_at', None)), fields=['latitude', 'longitude'], include=('lead', 'copies_left', 'opens_at', 'right_until'), name='listing_map'), models.Index(condition=models.Q(marketplace.sampling.IsSampled('lead'), ('delisted_at', None)), fields=['latitude', 'longitude'], include=('lead', 'copies_left', 'opens_at', 'right_until', 'state_code', 'city', 'zip_code', 'kind', 'tier', 'property_type', 'beds', 'baths', 'area_sqft', 'price_credits', 'asking_price_cents', 'quality_score', 'listed_at'), name='listing_map_sample'), models.Index(condition=models.Q(('delisted_at', None)), fields=['kind', 'beds'], name='listing_kind'), models.Index(condition=models.Q(('delisted_at', None)), fields=['baths'], name='listing_baths'), models.Index(django.db.models.functions.text.Left('zip_code', 3), models.F('opens_at'), name='listing_region_day'), models.Index(django.db.models.functions.text.Upper('city'), models.F('state_code'), models.F('lead'), condition=models.Q(('delisted_at', None)), name='listing_city'), models.Index(condition=models.Q(('delisted_at', None)), fields=['-listed_at', '-lead'], name='listing_newest'), models.Index(condition=models.Q(('delisted_at', None)), fields=['-opens_at'], name='listing_opened'), models.Index(condition=models.Q(('delisted_at', None)), fields=['price_credits', 'lead'], name='listing_price'), models.Index(condition=models.Q(('delisted_at', None)), fields=['-quality_score', '-lead'], name='listing_quality'), models.Index(condition=models.Q(('delisted_at', None)), fields=['state_code', '-quality_score', '-lead'], name='listing_state'), models.Index(condition=models.Q(('delisted_at', None)), fields=['zip_code', 'lead'], name='listing_zip')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price_credits__gte', 1)), name='listing_costs_something'), models.CheckConstraint(condition=models.Q(('copies_left__lte', models.F('copies'))), name='listing_copies_left')],
            },
        ),
        migrations.CreateModel(
            name='CrmMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upload', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='marketplace.crmupload')),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.listing')),
            ],
            options={
                'verbose_name_plural': 'CRM matches',
                'indexes': [models.Index(fields=['listing', 'upload'], name='crm_match_listing')],
                'constraints': [models.UniqueConstraint(fields=('upload', 'listing'), name='crm_match_once')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('deletion', 'An owner had a lead deleted that you bought'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20)),
                ('key', models.CharField(max_length=120)),
                ('says', models.CharField(max_length=300)),
                ('body', models.TextField(blank=True)),
                ('path', models.CharField(help_text='The page that it is about.', max_length=300)),
                ('is_shown', models.BooleanField(default=True, help_text='In the notification centre.')),
                ('is_mailed', models.BooleanField(db_default=True, default=True, help_text='A letter may leave.')),
                ('is_pushed', models.BooleanField(db_default=False, default=False, help_text="To the member's telephones.")),
                ('pushed_at', models.DateTimeField(blank=True, null=True)),
                ('push_retry_at', models.DateTimeField(db_default=aiqleads.core.clock.Now(), help_text='Not pushed before.')),
                ('push_tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', '-made_at', '-id'], name='notification_newest'), models.Index(condition=models.Q(('is_pushed', True), ('pushed_at', None)), fields=['push_retry_at'], name='notification_to_push'), models.Index(condition=models.Q(('is_shown', True), ('read_at', None)), fields=['membership'], name='notification_unread')],
                'constraints': [models.UniqueConstraint(fields=('membership', 'key'), name='notified_once'), models.CheckConstraint(condition=models.Q(('path__startswith', '/')), name='notification_leads_to_our_pages')],
            },
        ),
        migrations.CreateModel(
            name='NotificationChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('price_drop', 'A lead on your watchlist costs less'), ('return_decided', 'A return of yours is decided'), ('outcome_asked', 'We ask what became of a lead'), ('credited', 'A purchase is credited, or its home was sold twice'), ('turn', 'Your turn has come for a lead that you wait for'), ('assigned', 'A lead is assigned to you, or taken from you'), ('standing_order', 'A standing order has bought a lead, or stopped'), ('plan', 'A step of a plan is due (by e-mail once a morning)'), ('search_match', 'A saved search has found new leads'), ('licence', 'A licence of yours is decided, or runs out'), ('deletion', 'An owner had a lead deleted that you bought'), ('delivery_failed', 'A webhook, your CRM or a mailbox did not take a delivery')], max_length=20)),
                ('channel', models.CharField(choices=[('in_app', 'Here'), ('email', 'E-mail'), ('push', 'Telephone')], max_length=10)),
                ('is_wanted', models.BooleanField()),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_choices', to='accounts.membership')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('membership', 'kind', 'channel'), name='one_choice_per_channel')],
            },
        ),
        migrations.CreateModel(
            name='OfferWord',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('lexeme', models.CharField(help_text='The word as the search keeps it: garages, garage → garag.', max_length=40)),
                ('offers', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'word of offers',
                'verbose_name_plural': 'words of offers',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['word'], name='offer_word_like', opclasses=['gin_trgm_ops']), models.Index(fields=['lexeme'], name='offer_word_lexeme')],
            },
        ),
        migrations.CreateModel(
            name='Receiver',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('webhook', 'Webhook'), ('follow_up_boss', 'Follow Up Boss')], max_length=16)),
                ('host', models.CharField(help_text='The part of the address that is no secret.', max_length=253)),
                ('url', aiqleads.core.personal_data.EncryptedTextField(help_text='Whole addresses may hold keys.', null=True)),
                ('secret', aiqleads.core.personal_data.EncryptedTextField(null=True)),
                ('old_secret', aiqleads.core.personal_data.EncryptedTextField(help_text='Signs beside the new one until it ends.', null=True)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('lead.purchased', 'A lead is bought: contact and passport'), ('return.decided', 'A return is decided, or a purchase credited'), ('lead.price_dropped', 'A lead on a watchlist costs less'), ('hold.ended', 'A hold ended without a purchase'), ('webhook.test', 'A test')], max_length=24), default=list, size=None)),
                ('is_on', models.BooleanField(default=True)),
                ('off_because', models.CharField(blank=True, max_length=120)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('rests_until', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('removed_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receivers', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'made_at'], name='receiver_of_organisation')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['webhook', 'follow_up_boss'])), name='receiver_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at', None), ('secret__isnull', False)), models.Q(('is_on', False), ('old_secret', None), ('removed_at__isnull', False), ('secret', None), ('url', None)), _connector='OR'), name='removed_receiver_keeps_no_secret'), models.UniqueConstraint(condition=models.Q(('kind', 'follow_up_boss'), ('removed_at', None)), fields=('organisation',), name='one_crm_account_each')],
            },
        ),
        migrations.CreateModel(
            name='ReturnPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('window_days', models.PositiveSmallIntegerField(default=14)),
                ('cap_percent', models.PositiveSmallIntegerField(default=20)),
                ('cap_purchases', models.PositiveSmallIntegerField(default=20)),
                ('cap_days', models.PositiveSmallIntegerField(default=90)),
                ('in_force_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'verbose_name_plural': 'return policies',
                'constraints': [models.CheckConstraint(condition=models.Q(('cap_percent__range', (0, 100)), ('window_days__range', (1, 90)), ('cap_days__range', (7, 365)), ('cap_purchases__range', (5, 200))), name='return_policy_within_reason')],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('query', models.TextField(help_text='As in the address of the list, without the question mark.')),
                ('rhythm', models.CharField(choices=[('never', 'Never'), ('instant', 'At once'), ('daily', 'Once a day'), ('weekly', 'Once a week')], default='daily', max_length=8)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('looked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now(), help_text='Offers of before were known when it looked last.')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_searches', to='accounts.membership')),
            ],
            options={
                'verbose_name_plural': 'saved searches',
                'indexes': [models.Index(fields=['membership', '-created_at', '-id'], name='search_newest'), models.Index(fields=['rhythm', 'looked_at'], name='search_due')],
                'constraints': [models.UniqueConstraint(fields=('membership', 'query'), name='search_saved_once'), models.CheckConstraint(condition=models.Q(('rhythm__in', ['never', 'instant', 'daily', 'weekly'])), name='search_rhythm_known')],
            },
        ),
        migrations.CreateModel(
            name='FoundLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.listing')),
                ('search', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='found', to='marketplace.savedsearch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('search', 'listing'), name='found_once')],
            },
        ),
        migrations.CreateModel(
            name='Territory',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('zip_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=list, size=None)),
                ('counties', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, help_text='As “Travis County, TX”.', size=None)),
                ('area', models.TextField(blank=True, help_text='A GeoJSON MultiPolygon without holes.')),
                ('square_miles', models.FloatField(default=0, help_text='Of the drawn area.')),
                ('covered_zips', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=list, help_text='The ZIP codes, and those of the counties.', size=None)),
                ('has_early_access', models.BooleanField(default=True)),
                ('since', models.DateTimeField(db_default=aiqleads.core.clock.Now(), editable=False)),
                ('membership', models.ForeignKey(blank=True, help_text='The agent whose it is; empty for the whole organisation.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='territories', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='territories', to='accounts.organisation')),
            ],
            options={
                'verbose_name_plural': 'territories',
                'indexes': [models.Index(fields=['organisation', 'name', 'id'], name='territory_by_name'), django.contrib.postgres.indexes.GinIndex(fields=['covered_zips'], name='territory_zips')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('covered_zips', []), _negated=True), models.Q(('area', ''), _negated=True), _connector='OR'), name='territory_lies_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='TerritoryOutline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outline', aiqleads.core.geo.native.Polygon()),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outlines', to='marketplace.territory')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['outline'], name='territory_outline')],
            },
        ),
        migrations.CreateModel(
            name='ViewedLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('viewed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.listing')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='viewed_leads', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', '-viewed_at'], name='viewed_newest')],
                'constraints': [models.UniqueConstraint(fields=('membership', 'listing'), name='viewed_once')],
            },
        ),
        migrations.CreateModel(
            name='WaitlistEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('joined_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('left_at', models.DateTimeField(null=True)),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waitlist', to='leads.lead')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'verbose_name_plural': 'queues',
                'indexes': [models.Index(condition=models.Q(('left_at', None)), fields=['organisation', 'joined_at'], name='waiting_for')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('lead', 'organisation'), name='waitlisted_once')],
            },
        ),
        migrations.CreateModel(
            name='WatchedLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told_credits', models.PositiveIntegerField()),
                ('watched_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('listing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watchers', to='marketplace.listing')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watched_leads', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', '-watched_at', '-id'], name='watched_newest')],
                'constraints': [models.UniqueConstraint(fields=('membership', 'listing'), name='watched_once')],
            },
        ),
        migrations.CreateModel(
            name='WorkArea',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('zip_prefixes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), help_text='ZIP codes, or how they begin.', size=None)),
                ('stated_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_areas', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', '-stated_at'], name='work_area_newest')],
            },
        ),
        migrations.CreateModel(
            name='Purchase',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('price_credits', models.PositiveIntegerField()),
                ('bought_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='leads.lead')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', '-bought_at', 'id'], name='purchase_newest')],
            },
        ),
        migrations.CreateModel(
            name='Engagement',
            fields=[
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='engagement', serialize=False, to='marketplace.purchase')),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('writer', models.CharField(max_length=40)),
                ('written_for', models.CharField(max_length=64)),
                ('facts', models.JSONField(default=list, help_text='[{key, name, says, told_by}]: what the texts may tell.')),
                ('faults', models.JSONField(default=list, help_text='[{code, where, quote}]: why no text was let through.')),
                ('time_zone', models.CharField(blank=True, help_text="The owner's, by the home's ZIP code.", max_length=40)),
                ('written_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='engagement_version')],
            },
        ),
        migrations.CreateModel(
            name='Passport',
            fields=[
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='passport', serialize=False, to='marketplace.purchase')),
                ('channels', models.JSONField(help_text='{call|text|email|post: {allowed, why}}')),
                ('consent', models.CharField(max_length=200)),
                ('dnc_checked_at', models.DateTimeField(null=True)),
                ('quiet_hours', models.CharField(max_length=120)),
                ('right_basis', models.CharField(max_length=16)),
                ('issued_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('valid_until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DeletionNotice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('told_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('reminders', models.PositiveSmallIntegerField(default=0)),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deletion_notices', to='accounts.organisation')),
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='deletion_notice', to='marketplace.purchase')),
            ],
            options={
                'verbose_name': 'request to delete',
                'verbose_name_plural': 'requests to delete',
                'indexes': [models.Index(fields=['organisation', '-told_at'], name='deletion_notice_newest'), models.Index(condition=models.Q(('confirmed_at', None)), fields=['told_at'], name='deletion_unconfirmed')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='deletion_confirmed_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('in_app', 'Here'), ('email', 'E-mail'), ('webhook', 'Webhook'), ('follow_up_boss', 'Follow Up Boss')], max_length=16)),
                ('event', models.CharField(choices=[('lead.purchased', 'A lead is bought: contact and passport'), ('return.decided', 'A return is decided, or a purchase credited'), ('lead.price_dropped', 'A lead on a watchlist costs less'), ('hold.ended', 'A hold ended without a purchase'), ('webhook.test', 'A test')], max_length=24)),
                ('key', models.CharField(max_length=120)),
                ('facts', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'On its way'), ('delivered', 'Delivered'), ('dead', 'Given up'), ('cancelled', 'Cancelled')], default='waiting', max_length=10)),
                ('why', models.CharField(blank=True, help_text='Why it was given up or cancelled.', max_length=120)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('shape', models.JSONField(help_text='What was sent last: its fields and their kinds, no value.', null=True)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('round_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('due_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('settled_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('purchase', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='marketplace.purchase')),
                ('receiver', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='marketplace.receiver')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['receiver', 'due_at'], name='delivery_due'), models.Index(fields=['receiver', '-made_at', '-id'], name='delivery_of_receiver'), models.Index(fields=['-made_at', '-id'], name='delivery_newest')],
                'constraints': [models.UniqueConstraint(fields=('key', 'channel', 'receiver'), name='delivery_queued_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('channel__in', ['in_app', 'email']), ('receiver', None)), models.Q(('channel__in', ['webhook', 'follow_up_boss']), ('receiver__isnull', False)), _connector='OR'), name='delivery_has_its_receiver'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state', 'waiting')), models.Q(('settled_at__isnull', False), ('state__in', ['delivered', 'dead', 'cancelled'])), _connector='OR'), name='delivery_settled_or_waiting')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryTry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(help_text='From 1, over all rounds.')),
                ('started_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('finished_at', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(help_text='What an HTTP receiver answered.', null=True)),
                ('duration_ms', models.PositiveIntegerField(null=True)),
                ('error', models.CharField(blank=True, help_text="From our own words; nobody's data.", max_length=120)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='all_tries', to='marketplace.delivery')),
            ],
            options={
                'verbose_name_plural': 'delivery tries',
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='try_numbered_once'), models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('delivery',), name='one_try_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('how', models.CharField(choices=[('hand', 'by hand'), ('turn', 'in turn'), ('territory', 'by territory'), ('left', 'who had it left')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('assigned_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('by', models.ForeignKey(help_text='None: by the rule.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('from_member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('purchase', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='marketplace.purchase')),
                ('to_member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['purchase', '-id'], name='handover_newest'), models.Index(fields=['to_member', '-assigned_at'], name='handover_last_given')],
                'constraints': [models.CheckConstraint(condition=models.Q(('how__in', ['hand', 'turn', 'territory', 'left'])), name='handover_how_known')],
            },
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('wrong_number', 'Wrong number'), ('not_the_owner', 'Not the owner'), ('already_listed', 'Already listed with an agent'), ('duplicate_of_mine', 'A duplicate of a lead of mine'), ('out_of_area', 'Out of my area'), ('already_sold', 'Already sold'), ('do_not_contact', 'Asked not to be contacted'), ('shown_active', 'Shown Active by its MLS'), ('erased', "Deleted at its owner's request"), ('same_home', 'The same home as a lead sold before')], max_length=20)),
                ('explanation', aiqleads.core.personal_data.EncryptedTextField(help_text="In the buyer's words, which may name people.")),
                ('state', models.CharField(choices=[('requested', 'Waits for a decision'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('appealed', 'Appealed')], default='requested', max_length=9)),
                ('person_because', models.CharField(blank=True, help_text='Why no check may decide.', max_length=400)),
                ('arose_at', models.DateTimeField(db_default=aiqleads.core.clock.Now(), help_text='When the reason came up.')),
                ('requested_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('appeal', aiqleads.core.personal_data.EncryptedTextField(null=True)),
                ('appealed_at', models.DateTimeField(blank=True, null=True)),
                ('ground', models.CharField(blank=True, choices=[('wrong_number', 'Wrong number'), ('not_the_owner', 'Not the owner'), ('already_listed', 'Already listed with an agent'), ('duplicate_of_mine', 'A duplicate of a lead of mine'), ('out_of_area', 'Out of my area'), ('already_sold', 'Already sold'), ('do_not_contact', 'Asked not to be contacted'), ('shown_active', 'Shown Active by its MLS'), ('erased', "Deleted at its owner's request"), ('same_home', 'The same home as a lead sold before')], help_text='What it was accepted for.', max_length=20)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision', models.CharField(blank=True, help_text='Why, in words for the buyer.', max_length=300)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('journal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lead_return', to='billing.journal')),
                ('membership', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='return_request', to='marketplace.purchase')),
            ],
            options={
                'indexes': [models.Index(models.F('requested_at'), condition=models.Q(('state__in', ['requested', 'appealed'])), name='return_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('membership__isnull', True), ('reason__in', ['wrong_number', 'not_the_owner', 'already_listed', 'duplicate_of_mine', 'out_of_area', 'already_sold', 'do_not_contact']), _connector='OR'), name='return_reason_of_a_buyer'), models.CheckConstraint(condition=models.Q(models.Q(('journal__isnull', False), ('state', 'accepted'), models.Q(('ground', ''), _negated=True)), models.Q(models.Q(('state', 'accepted'), _negated=True), ('ground', ''), ('journal__isnull', True)), _connector='OR'), name='return_accepted_is_credited'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['accepted', 'refused']), _negated=True), ('decided_at__isnull', False), _connector='OR'), name='return_decided_at')],
            },
        ),
        migrations.CreateModel(
            name='ReturnEvidence',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('media_type', models.CharField(max_length=20)),
                ('size_bytes', models.PositiveIntegerField()),
                ('stored_as', models.CharField(max_length=120)),
                ('brought_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('of_return', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='marketplace.return')),
            ],
            options={
                'verbose_name_plural': 'evidence',
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('purchase', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='assignment', serialize=False, to='marketplace.purchase')),
                ('is_open', models.BooleanField(default=True)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_open', True)), fields=['member'], name='assignment_open')],
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('channel', models.CharField(choices=[('call', 'Phone call'), ('text', 'Text message'), ('email', 'E-mail'), ('post', 'Letter')], max_length=5)),
                ('says', models.CharField(max_length=200)),
                ('due_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('skipped', 'Skipped'), ('ended', 'Not needed any more')], default='open', max_length=7)),
                ('told_at', models.DateTimeField(blank=True, help_text='When it was told that it is due.', null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='marketplace.engagement')),
            ],
            options={
                'indexes': [models.Index(models.F('due_at'), condition=models.Q(('state', 'open')), name='step_due')],
                'constraints': [models.UniqueConstraint(fields=('engagement', 'number'), name='one_step_per_number'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='step_closed_at')],
            },
        ),
        migrations.CreateModel(
            name='EngagementText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('call', 'Phone call'), ('text', 'Text message'), ('email', 'E-mail'), ('post', 'Letter')], max_length=5)),
                ('subject', models.CharField(blank=True, max_length=120)),
                ('body', models.TextField()),
                ('cites', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), help_text='Keys of the facts that it tells.', size=None)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='marketplace.engagement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('engagement', 'channel'), name='one_text_per_channel')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('bundle', models.UUIDField(default=uuid.uuid4)),
                ('state', models.CharField(choices=[('held', 'Held'), ('released', 'Released'), ('sold', 'Sold'), ('returned', 'Returned')], default='held', max_length=8)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField(db_default=django.db.models.functions.comparison.Cast(models.Value('empty'), django.contrib.postgres.fields.ranges.DateTimeRangeField()))),
                ('max_until', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('list_price_credits', models.PositiveIntegerField(db_default=0)),
                ('price_credits', models.PositiveIntegerField(db_default=0)),
                ('release_reason', models.CharField(blank=True, max_length=60)),
                ('cart', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='marketplace.cart')),
                ('journal', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claim', to='billing.journal')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='leads.lead')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='accounts.organisation')),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pricing.quote')),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='marketplace.leadslot')),
            ],
            options={
                'indexes': [models.Index(fields=['cart', 'state'], name='claim_cart'), models.Index(fields=['bundle'], name='claim_bundle'), models.Index(aiqleads.core.ranges.RangeEnd('during'), condition=models.Q(('state__in', ['held', 'released'])), name='claim_ended')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('lead', '='), ('slot', '='), ('during', '&&')], name='slot_claimed_once'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('lead', '='), ('organisation', '='), ('bundle', '<>'), ('during', '&&')], name='one_bundle_per_organisation'), models.CheckConstraint(condition=models.Q(models.Q(('journal__isnull', False), ('state__in', ['sold', 'returned'])), models.Q(('journal__isnull', True), ('state__in', ['held', 'released'])), _connector='OR'), name='sold_means_paid'), models.CheckConstraint(condition=models.Q(('price_credits__gte', 1), ('price_credits__lte', models.F('list_price_credits'))), name='claim_price_within_list_price')],
            },
        ),
        migrations.CreateModel(
            name='StandingOrder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('query', models.TextField(blank=True, help_text='Filters as in the address of the list.')),
                ('most_credits_per_lead', models.PositiveIntegerField()),
                ('daily_leads', models.PositiveIntegerField()),
                ('daily_credits', models.PositiveIntegerField()),
                ('monthly_leads', models.PositiveIntegerField()),
                ('monthly_credits', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('off', 'Off'), ('on', 'On'), ('paused', 'Paused'), ('closed', 'Closed')], default='off', max_length=8)),
                ('paused_because', models.CharField(blank=True, max_length=200)),
                ('on_since', models.DateTimeField(editable=False, help_text='Set by trigger whenever it is turned on.', null=True)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standing_orders', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standing_orders', to='accounts.organisation')),
                ('territory', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='standing_orders', to='marketplace.territory')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', '-created_at', 'id'], name='order_newest'), models.Index(condition=models.Q(('state', 'on')), fields=['id'], name='order_on')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('query', ''), _negated=True), ('territory__isnull', False), ('state', 'closed'), _connector='OR'), name='order_asks_for_something'), models.CheckConstraint(condition=models.Q(('daily_credits__gte', 1), ('daily_leads__gte', 1), ('most_credits_per_lead__gte', 1), ('monthly_credits__gte', 1), ('monthly_leads__gte', 1)), name='order_has_caps')],
            },
        ),
        migrations.CreateModel(
            name='StandingOrderConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=20)),
                ('text', models.TextField()),
                ('terms', models.JSONField(db_default=models.Value({}, models.JSONField()), editable=False, help_text='Of the order; by trigger.')),
                ('given_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='marketplace.standingorder')),
            ],
        ),
        migrations.AddField(
            model_name='Purchase',
            name='claim',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='purchase', to='marketplace.claim'),
        ),
        migrations.AddField(
            model_name='Claim',
            name='standing_order',
            field=models.ForeignKey(db_index=False, editable=False, help_text='The order that bought it; its claims are sold where they are made.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='marketplace.standingorder'),
        ),
        migrations.AddField(
            model_name='StandingOrder',
            name='consent',
            field=models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='in_force_for', to='marketplace.standingorderconsent'),
        ),
        migrations.AddIndex(
            model_name='Claim',
            index=models.Index(models.F('standing_order'), aiqleads.core.ranges.RangeStart('during'), condition=models.Q(('standing_order__isnull', False)), name='claim_of_order'),
        ),
        migrations.AddConstraint(
            model_name='StandingOrder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'on'), _negated=True), ('consent__isnull', False), _connector='OR'), name='order_runs_by_consent'),
        ),
    ]
