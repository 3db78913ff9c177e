import aiqleads.core.clock
import aiqleads.core.personal_data
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0003_early_minutes"),
        ("accounts", "0004_time_zones"),
        ("accounts", "0005_owners_buyers_viewers"),
        ("accounts", "0006_step_up"),
        ("accounts", "0008_privacy_requests"),
        ("accounts", "0012_second_factors"),
        ("accounts", "0017_members_come_and_go"),
    ]

    dependencies = [
        ("core", "0002_places"),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='DoNotCallCheck',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('edition_ids', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('began_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('numbers', models.PositiveIntegerField(default=0)),
                ('listed', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'do-not-call check',
            },
        ),
        migrations.CreateModel(
            name='DoNotCallList',
            fields=[
                ('slug', models.SlugField(help_text="federal, or a state's two letters.", max_length=20, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('state_code', models.CharField(blank=True, max_length=2, verbose_name='state')),
            ],
            options={
                'verbose_name': 'do-not-call list',
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
        ),
        migrations.CreateModel(
            name='DeletionList',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state_code', models.CharField(max_length=2, verbose_name='of the state')),
                ('file_name', models.CharField(max_length=120)),
                ('stored_as', models.CharField(blank=True, help_text='Where it lies; emptied once followed.', max_length=200)),
                ('state', models.CharField(choices=[('waiting', 'Waits to be followed'), ('followed', 'Followed')], default='waiting', max_length=8)),
                ('brought_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('followed_at', models.DateTimeField(blank=True, null=True)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('matched', models.PositiveIntegerField(default=0, help_text='Rows that name somebody we hold data of.')),
                ('unmatched', models.PositiveIntegerField(default=0)),
                ('unreadable', models.PositiveIntegerField(default=0)),
                ('erasures', models.PositiveIntegerField(default=0, help_text='People whose erasure began for it.')),
            ],
            options={
                'indexes': [models.Index(fields=['-brought_at'], name='deletion_list_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('followed_at', None), ('state', 'waiting')), models.Q(('followed_at__isnull', False), ('state', 'followed'), ('stored_as', '')), _connector='OR'), name='followed_list_is_not_kept')],
            },
        ),
        migrations.CreateModel(
            name='DoNotCallEdition',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('as_of', models.DateField(help_text="The list's own date.")),
                ('key_version', models.PositiveSmallIntegerField(help_text='Under which key its numbers are hashed.')),
                ('state', models.CharField(choices=[('loading', 'Being loaded'), ('in_force', 'In force'), ('replaced', 'Replaced')], default='loading', max_length=8)),
                ('numbers', models.PositiveIntegerField(default=0)),
                ('unreadable', models.PositiveIntegerField(default=0, help_text='Rows that are no telephone number.')),
                ('began_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('loaded_at', models.DateTimeField(blank=True, null=True)),
                ('of_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='accounts.donotcalllist')),
            ],
            options={
                'verbose_name': 'edition of a do-not-call list',
                'verbose_name_plural': 'do-not-call lists',
                'indexes': [models.Index(fields=['-began_at'], name='edition_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('of_list',), name='one_edition_of_a_list_in_force'), models.CheckConstraint(condition=models.Q(models.Q(('loaded_at', None), ('state', 'loading')), models.Q(models.Q(('state', 'loading'), _negated=True), ('loaded_at__isnull', False)), _connector='OR'), name='edition_loaded_whole')],
            },
        ),
        migrations.CreateModel(
            name='DoNotCallNumber',
            fields=[
                ('pk', models.CompositePrimaryKey('digest', 'edition_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(help_text='16 bytes.')),
                ('edition', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.donotcalledition')),
            ],
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('request_id', models.UUIDField(blank=True, help_text='The request that asks for it.', null=True)),
                ('deletion_list_id', models.UUIDField(blank=True, help_text="The state's list that asks for it.", null=True)),
                ('person', aiqleads.core.personal_data.EncryptedJSONField(help_text='By what they are found; emptied when it is done.', null=True)),
                ('marks', models.JSONField(help_text='[[kind, keyed hashes, the newest first], …]')),
                ('lead_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('begun_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('journaled_at', models.DateTimeField(blank=True, help_text='When it was written to the journal.', null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-begun_at'], name='erasure_newest'), models.Index(condition=models.Q(('finished_at', None)), fields=['begun_at'], name='erasure_unfinished'), models.Index(condition=models.Q(('request_id__isnull', False)), fields=['request_id'], name='erasure_request')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('person__isnull', False)), models.Q(('finished_at__isnull', False), ('person', None)), _connector='OR'), name='finished_erasure_knows_nobody')],
            },
        ),
        migrations.CreateModel(
            name='ErasureStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(help_text='In which order.')),
                ('holder', models.CharField(max_length=40)),
                ('counts', models.JSONField(default=dict, help_text='{model: rows or files deleted or emptied}')),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, help_text='What kind of error; none of its words.', max_length=120)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='accounts.erasure')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('erasure', 'holder'), name='holder_erases_once')],
            },
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40)),
                ('value', models.IntegerField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entitlements', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('key', 'early_minutes'), ('value__gt', 0)), fields=['value'], name='entitlement_early')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'key'), name='entitlement_once')],
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('email', 'E-mail address'), ('phone', 'Telephone number'), ('household', 'Address and surname')], max_length=9)),
                ('hash', models.CharField(help_text='Keyed hash, with the version of its key before the colon.', max_length=80)),
                ('scope', models.CharField(choices=[('contact', 'Must not be contacted'), ('sale', 'Must not be sold'), ('everything', 'Must not be kept')], max_length=10)),
                ('why', models.CharField(choices=[('erased', 'Asked to be erased'), ('opted_out', 'Opted out of sale'), ('deletion_list', "On a state's deletion list"), ('asked_not_to', 'Told a buyer not to contact them'), ('replied', 'Answered with an opt-out word'), ('imported', 'On a list of our own that was brought in'), ('operator', "An operator's word")], max_length=13)),
                ('cause_id', models.UUIDField(blank=True, help_text='The erasure or request that it comes from.', null=True)),
                ('since', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('lifted_at', models.DateTimeField(blank=True, help_text='They came back of their own will.', null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('cause_id__isnull', False)), fields=['cause_id'], name='suppression_cause')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('hash', 'scope'), name='suppressed_once'), models.CheckConstraint(condition=models.Q(('hash__regex', '^[0-9]+:[0-9a-f]{64}$'), ('kind__in', ['email', 'phone', 'household']), ('scope__in', ['contact', 'sale', 'everything'])), name='suppression_is_a_keyed_hash')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('time_zone', models.CharField(blank=True, choices=[('America/New_York', 'Eastern'), ('America/Chicago', 'Central'), ('America/Denver', 'Mountain'), ('America/Phoenix', 'Arizona'), ('America/Los_Angeles', 'Pacific'), ('America/Anchorage', 'Alaska'), ('Pacific/Honolulu', 'Hawaii'), ('America/Puerto_Rico', 'Puerto Rico and the Virgin Islands'), ('Pacific/Guam', 'Guam')], help_text='The clock that their times are told by.', max_length=40)),
                ('closed_at', models.DateTimeField(blank=True, editable=False, help_text='When they left for good; it stays so.', null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Guesses',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='guesses', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('last_wrong_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'guesses',
            },
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state_code', models.CharField(choices=[('AL', 'Alabama'), ('AK', 'Alaska'), ('AS', 'American Samoa'), ('AZ', 'Arizona'), ('AR', 'Arkansas'), ('CA', 'California'), ('CO', 'Colorado'), ('CT', 'Connecticut'), ('DE', 'Delaware'), ('DC', 'District of Columbia'), ('FL', 'Florida'), ('GA', 'Georgia'), ('GU', 'Guam'), ('HI', 'Hawaii'), ('ID', 'Idaho'), ('IL', 'Illinois'), ('IN', 'Indiana'), ('IA', 'Iowa'), ('KS', 'Kansas'), ('KY', 'Kentucky'), ('LA', 'Louisiana'), ('ME', 'Maine'), ('MD', 'Maryland'), ('MA', 'Massachusetts'), ('MI', 'Michigan'), ('MN', 'Minnesota'), ('MS', 'Mississippi'), ('MO', 'Missouri'), ('MT', 'Montana'), ('NE', 'Nebraska'), ('NV', 'Nevada'), ('NH', 'New Hampshire'), ('NJ', 'New Jersey'), ('NM', 'New Mexico'), ('NY', 'New York'), ('NC', 'North Carolina'), ('ND', 'North Dakota'), ('MP', 'Northern Mariana Islands'), ('OH', 'Ohio'), ('OK', 'Oklahoma'), ('OR', 'Oregon'), ('PA', 'Pennsylvania'), ('PR', 'Puerto Rico'), ('RI', 'Rhode Island'), ('SC', 'South Carolina'), ('SD', 'South Dakota'), ('TN', 'Tennessee'), ('TX', 'Texas'), ('UT', 'Utah'), ('VT', 'Vermont'), ('VI', 'Virgin Islands'), ('VA', 'Virginia'), ('WA', 'Washington'), ('WV', 'West Virginia'), ('WI', 'Wisconsin'), ('WY', 'Wyoming')], max_length=2, verbose_name='In')),
                ('number', aiqleads.core.personal_data.EncryptedTextField(blank=True, null=True)),
                ('number_hash', models.CharField(blank=True, editable=False, max_length=80)),
                ('expires_on', models.DateField(verbose_name='Last day')),
                ('state', models.CharField(choices=[('waiting', 'Being checked'), ('verified', 'Verified'), ('refused', 'Refused'), ('expired', 'Expired'), ('replaced', 'Replaced by a later one')], default='waiting', max_length=8, verbose_name='Check')),
                ('added_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('checked_with', models.CharField(blank=True, max_length=40, verbose_name='Checked with')),
                ('why', models.CharField(blank=True, max_length=200, verbose_name='Why')),
                ('notices', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='1 told that it will end, 2 that it has, 3 once more.')),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='licences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['added_at'], name='licence_waits'), models.Index(condition=models.Q(('state__in', ['verified', 'expired'])), fields=['expires_on'], name='licence_ends'), models.Index(fields=['number_hash'], name='licence_number')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'verified')), fields=('user', 'state_code'), name='licence_verified_once'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('user', 'state_code'), name='licence_waiting_once'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'verified', 'refused', 'expired', 'replaced'])), name='licence_state_known'), models.CheckConstraint(condition=models.Q(('state_code__in', ['AK', 'AL', 'AR', 'AS', 'AZ', 'CA', 'CO', 'CT', 'DC', 'DE', 'FL', 'GA', 'GU', 'HI', 'IA', 'ID', 'IL', 'IN', 'KS', 'KY', 'LA', 'MA', 'MD', 'ME', 'MI', 'MN', 'MO', 'MP', 'MS', 'MT', 'NC', 'ND', 'NE', 'NH', 'NJ', 'NM', 'NV', 'NY', 'OH', 'OK', 'OR', 'PA', 'PR', 'RI', 'SC', 'SD', 'TN', 'TX', 'UT', 'VA', 'VI', 'VT', 'WA', 'WI', 'WV', 'WY'])), name='licence_of_a_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('why', ''), _negated=True), _connector='OR'), name='licence_refused_with_a_reason'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'replaced']), ('checked_at__isnull', False), _connector='OR'), name='licence_checked_at')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('buyer', 'Buyer'), ('viewer', 'Viewer')], default='owner', max_length=10)),
                ('cap_credits', models.PositiveIntegerField(blank=True, help_text='What they may spend in a calendar month (UTC); nothing said, anything.', null=True)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('left_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'buyer', 'viewer'])), name='membership_role_known'), models.CheckConstraint(condition=models.Q(('left_at', None), ('role', 'viewer'), _connector='OR'), name='who_left_may_not_act'), models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('user',), name='member_of_one_organisation')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=8, unique=True)),
                ('key_hash', models.CharField(max_length=80)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'See leads, the cart and purchases'), ('hold', 'Hold leads and wait for them'), ('buy', 'Buy what is held'), ('contacts', "See owners' contacts"), ('manage', 'Change settings')], max_length=12), size=None)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='accounts.membership')),
            ],
            options={
                'indexes': [models.Index(fields=['membership', '-created_at'], name='api_key_of_member')],
                'constraints': [models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['read', 'hold', 'buy', 'contacts', 'manage']), ('scopes__len__gt', 0)), name='api_key_scopes_known')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(help_text='In small letters.', max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('buyer', 'Buyer'), ('viewer', 'Viewer')], max_length=10)),
                ('token_hash', models.CharField(editable=False, max_length=80, null=True, unique=True)),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.membership')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='accounts.organisation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['buyer', 'viewer'])), name='invited_to_no_ownership'), models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='invitation_email_is_small'), models.CheckConstraint(condition=models.Q(('accepted_at', None), models.Q(('accepted_by__isnull', False), ('revoked_at', None)), _connector='OR'), name='invitation_ends_in_one_way'), models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None)), fields=('organisation', 'email'), name='invited_once')],
            },
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('last_wrong_at', models.DateTimeField(blank=True, null=True)),
                ('credential_id', models.BinaryField()),
                ('credential_hash', models.CharField(help_text='SHA-256 of ``credential_id``.', max_length=64, unique=True)),
                ('public_key', models.BinaryField()),
                ('signatures', models.PositiveBigIntegerField(default=0, help_text='How many the key says that it made; 0 untold.')),
                ('transports', models.JSONField(default=list)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PrivacyRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(help_text='What the person and we call it.', max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('know', 'Know what we hold'), ('opt_out', 'Opt out of sale'), ('correct', 'Correct'), ('erase', 'Erase'), ('report_harassment', 'Report a buyer')], max_length=17)),
                ('state', models.CharField(choices=[('received', 'Received'), ('acknowledged', 'Acknowledged'), ('awaiting_identity', 'Waits for proof of identity'), ('verified', 'Identity proven'), ('in_progress', 'In progress'), ('completed', 'Completed'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='received', max_length=17)),
                ('language', models.CharField(max_length=5)),
                ('state_code', models.CharField(blank=True, help_text='Where the person lives: which clocks run.', max_length=2)),
                ('is_covered_person', models.BooleanField(default=False, help_text="Says to be protected by New Jersey's Daniel's Law.")),
                ('is_by_agent', models.BooleanField(default=False, help_text='Sent by an authorised agent of the person.')),
                ('has_privacy_signal', models.BooleanField(default=False, help_text='Their browser sent the Global Privacy Control.')),
                ('said', aiqleads.core.personal_data.EncryptedJSONField(help_text='What they wrote.', null=True)),
                ('said_hash', models.CharField(help_text='Tells that the very same was sent before.', max_length=80)),
                ('answer_to', aiqleads.core.personal_data.EncryptedTextField(help_text='The e-mail address that gets the answers.', null=True)),
                ('answer_hash', models.CharField(max_length=80)),
                ('proven', aiqleads.core.personal_data.EncryptedJSONField(help_text='Which e-mails and phones were proven to be theirs.', null=True)),
                ('proven_by', models.CharField(blank=True, choices=[('code', 'A code that reached an address we hold'), ('operator', 'An operator')], max_length=8)),
                ('receipt', aiqleads.core.personal_data.EncryptedJSONField(help_text='What was found and what became of it.', null=True)),
                ('refusal', models.CharField(blank=True, choices=[('identity', 'We could not make sure who asks'), ('not_theirs', "The data is another person's"), ('agent', "The agent's authority was not shown"), ('repeated', 'The same was asked and answered before'), ('law', 'A law obliges us to keep it'), ('unclear', 'We could not tell what is asked')], max_length=10)),
                ('received_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('extended_at', models.DateTimeField(blank=True, null=True)),
                ('extended_because', models.CharField(blank=True, max_length=150)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledge_by', models.DateTimeField(blank=True, null=True)),
                ('complete_by', models.DateTimeField(blank=True, null=True)),
                ('kept_until', models.DateTimeField(blank=True, help_text='Five years after it was closed.', null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['completed', 'refused', 'withdrawn', 'expired']), _negated=True), fields=['complete_by'], name='privacy_request_due'), models.Index(fields=['answer_hash', 'received_at'], name='privacy_request_answer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['know', 'opt_out', 'correct', 'erase', 'report_harassment'])), name='privacy_request_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('refusal__gt', ''), ('state', 'refused')), models.Q(models.Q(('state', 'refused'), _negated=True), ('refusal', '')), _connector='OR'), name='privacy_refusal_says_why'), models.UniqueConstraint(condition=models.Q(('state__in', ['completed', 'refused', 'withdrawn', 'expired']), _negated=True), fields=('said_hash',), name='privacy_request_open_once')],
            },
        ),
        migrations.CreateModel(
            name='PrivacyLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('token_hash', models.CharField(max_length=80, unique=True)),
                ('made_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='accounts.privacyrequest')),
            ],
        ),
        migrations.CreateModel(
            name='IdentityDocument',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('media_type', models.CharField(max_length=20)),
                ('body', aiqleads.core.personal_data.EncryptedTextField(help_text='Base64.')),
                ('size_bytes', models.PositiveIntegerField()),
                ('brought_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='accounts.privacyrequest')),
            ],
        ),
        migrations.CreateModel(
            name='IdentityCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message')], max_length=5)),
                ('address', aiqleads.core.personal_data.EncryptedTextField(help_text='As typed, normalised; until the code was tried or is too old.', null=True)),
                ('address_hash', models.CharField(max_length=80)),
                ('code_hash', models.CharField(blank=True, max_length=80)),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('wrong_tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='accounts.privacyrequest')),
            ],
            options={
                'indexes': [models.Index(fields=['request', '-asked_at'], name='identity_code_newest'), models.Index(fields=['address_hash', 'asked_at'], name='identity_code_address')],
                'constraints': [models.CheckConstraint(condition=models.Q(('wrong_tries__lte', 5)), name='identity_code_five_tries')],
            },
        ),
        migrations.CreateModel(
            name='PrivacyStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('step', models.CharField(help_text='The state that began, or “extended”.', max_length=17)),
                ('at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='accounts.privacyrequest')),
            ],
            options={
                'indexes': [models.Index(fields=['request', 'id'], name='privacy_step_order')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCodes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('last_wrong_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'recovery codes',
                'verbose_name_plural': 'recovery codes',
                'constraints': [models.UniqueConstraint(fields=('user',), name='one_sheet_of_codes_each')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.CharField(max_length=80)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='accounts.recoverycodes')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sheet', 'code_hash'), name='recovery_code_once')],
            },
        ),
        migrations.CreateModel(
            name='ReportedBuyer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('lead_id', models.UUIDField(help_text='Leads lie above.')),
                ('bought_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('waiting', 'Waits for a decision'), ('suspended', 'Suspended'), ('warned', 'Warned'), ('dismissed', 'Nothing found against them')], default='waiting', max_length=9)),
                ('because', models.CharField(blank=True, help_text='What the organisation is told.', max_length=150)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='accounts.organisation')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reported', to='accounts.privacyrequest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('request', 'organisation', 'lead_id'), name='buyer_reported_once'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('outcome', 'waiting')), models.Q(models.Q(('outcome', 'waiting'), _negated=True), ('because__gt', ''), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='reported_buyer_is_told_why')],
            },
        ),
        migrations.CreateModel(
            name='StepUpCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code_hash', models.CharField(blank=True, max_length=80)),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('wrong_tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='step_up_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', 'asked_at'], name='step_up_code_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('wrong_tries__lte', 5)), name='step_up_code_tried_five_times')],
            },
        ),
        migrations.CreateModel(
            name='TermsAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=20)),
                ('accepted_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms_acceptances', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'version'), name='terms_accepted_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('client', models.CharField(blank=True, help_text='As the program calls itself.', max_length=80)),
                ('refresh_id', models.UUIDField(default=uuid.uuid4, help_text='The refresh token that is good now.')),
                ('previous_refresh_id', models.UUIDField(editable=False, null=True)),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('refreshed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('expires_at', models.DateTimeField(help_text='When its last refresh token ends.')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ending', models.CharField(blank=True, choices=[('logged_out', 'Logged out'), ('revoked', 'Ended on the account page'), ('reused', 'A used refresh token came again'), ('password_changed', 'The password changed'), ('suspended', 'The log-in was suspended'), ('second_factor_changed', 'Two-step verification changed'), ('left', 'The member left the organisation')], max_length=24)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-refreshed_at'], name='api_session_of_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ending', '')), models.Q(('ended_at__isnull', False), models.Q(('ending', ''), _negated=True)), _connector='OR'), name='api_session_ends_for_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('last_wrong_at', models.DateTimeField(blank=True, null=True)),
                ('seed', aiqleads.core.personal_data.EncryptedTextField()),
                ('last_step', models.BigIntegerField(default=0)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'confirmed'), name='one_authenticator_each')],
            },
        ),
        migrations.AddField(
            model_name='User',
            name='membership',
            field=models.OneToOneField(editable=False, help_text='Where they are a member now. Derived by trigger.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership'),
        ),
    ]
