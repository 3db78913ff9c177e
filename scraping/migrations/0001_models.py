import aiqleads.core.clock
import aiqleads.core.personal_data
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("scraping", "0001_initial"),
        ("scraping", "0003_bundled_world"),
        ("scraping", "0004_suspicious_runs"),
        ("scraping", "0005_size_of_bundled_world"),
        ("scraping", "0006_mappings_and_file_imports"),
        ("scraping", "0009_site_selectors_and_saved_pages"),
        ("scraping", "0010_submissions"),
        ("scraping", "0012_memory_areas_and_health"),
        ("scraping", "0013_supplier_keys"),
        ("scraping", "0015_phone_codes"),
        ("scraping", "0016_runs_name_their_process"),
        ("scraping", "0017_foreseen_rows"),
        ("scraping", "0018_pictures_of_adverts"),
        ("scraping", "0019_queued_crawls"),
        ("scraping", "0020_fields_of_files"),
        ("scraping", "0021_codes_of_an_hour"),
    ]

    dependencies = [
        ("core", "0002_places"),
        ('leads', '0001_models'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedAccess',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='feed_access', serialize=False, to='leads.source')),
                ('token_url', models.URLField(blank=True, help_text="Where client credentials are changed for a token. Empty: the source's own token is used.")),
                ('client_id', models.CharField(blank=True, max_length=200)),
                ('client_secret', aiqleads.core.personal_data.EncryptedTextField(blank=True, null=True)),
                ('scope', models.CharField(blank=True, max_length=200)),
                ('licence_filter', models.CharField(blank=True, help_text="What the licence allows to be asked for, in OData's words.", max_length=500)),
                ('page_size', models.PositiveSmallIntegerField(default=200, help_text='Records asked for at once.')),
                ('overlap_minutes', models.PositiveSmallIntegerField(default=10, help_text='How far before the newest change each run looks again, for changes that came late.')),
                ('reconcile_hours', models.PositiveSmallIntegerField(default=24, help_text='How often every key is compared, so that no deletion is missed.')),
                ('has_pictures', models.BooleanField(default=True, help_text="Ask for the pictures' addresses too.")),
            ],
        ),
        migrations.CreateModel(
            name='FeedState',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='feed_state', serialize=False, to='leads.source')),
                ('modified_until', models.DateTimeField(help_text='The newest change that is stored.', null=True)),
                ('event_sequence', models.BigIntegerField(help_text='The newest event that is stored.', null=True)),
                ('is_loaded', models.BooleanField(default=False, help_text='Everything there was has been read once.')),
                ('reconciled_at', models.DateTimeField(help_text='When every key was last compared.', null=True)),
                ('vanished_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), default=list, help_text='Deleted by the server, and not yet taken away here.', size=None)),
            ],
        ),
        migrations.CreateModel(
            name='QueuedCrawl',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='queued_crawl', serialize=False, to='leads.source')),
                ('queued_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
        ),
        migrations.CreateModel(
            name='SiteSelectors',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='site_selectors', serialize=False, to='leads.source')),
                ('rules', models.JSONField(default=dict, help_text='{field: selector}')),
                ('changed_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
            ],
        ),
        migrations.CreateModel(
            name='BundledWorld',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('day', models.PositiveSmallIntegerField()),
                ('shown_on', models.DateField(help_text="The date that the world was first shown on; its adverts' dates follow.")),
                ('size_percent', models.PositiveSmallIntegerField(default=100)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='one_bundled_world')],
            },
        ),
        migrations.CreateModel(
            name='ColumnMapping',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text="Which of the source's files it reads.", max_length=80)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('document', models.JSONField(help_text='{rules: [{field, columns, transform, argument, values}], kind, keep}')),
                ('created_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='column_mappings', to='leads.source')),
            ],
            options={
                'verbose_name': 'mapping',
                'verbose_name_plural': 'mappings',
                'constraints': [models.UniqueConstraint(fields=('source', 'name', 'version'), name='mapping_version_once')],
            },
        ),
        migrations.CreateModel(
            name='CrawlArea',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('start', models.CharField(help_text='A path of the site, or an address on one of its hosts.', max_length=500)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('state_code', models.CharField(blank=True, max_length=2, verbose_name='state')),
                ('is_enabled', models.BooleanField(default=True)),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('fsbo', 'For sale by owner'), ('expired', 'Expired listing'), ('preforeclosure', 'Pre-foreclosure'), ('probate', 'Probate'), ('absentee', 'Absentee owner'), ('rental_owner', 'For rent by owner'), ('buyer_enquiry', 'Buyer enquiry'), ('owner_submitted', 'Sent in by the owner')], max_length=16), blank=True, default=list, size=None)),
                ('least_price', models.PositiveIntegerField(blank=True, help_text='Adverts that ask less are left out, in whole dollars.', null=True)),
                ('stop_at_seen', models.PositiveSmallIntegerField(default=0, help_text='Lists are newest first: turn no page after so many known adverts in a row. 0: never.')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='areas', to='leads.source')),
            ],
            options={
                'ordering': ['source', 'name'],
                'constraints': [models.UniqueConstraint(fields=('source', 'start'), name='one_area_per_start')],
            },
        ),
        migrations.CreateModel(
            name='CrawlRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('refused', 'Refused'), ('suspicious', 'Suspicious')], default='running', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('started_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('since', models.DateTimeField(db_default=aiqleads.core.clock.Now(), help_text='What was read since then is read. Earlier than the start where it goes on with a broken run.')),
                ('is_full', models.BooleanField(default=True, help_text='It visits every list to its end, whatever is known.')),
                ('heartbeat_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('process', models.CharField(blank=True, help_text='Which process runs it (aiqleads.core.processes).', max_length=160)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('is_believed', models.BooleanField(default=False, help_text='An operator let the next run take away what this suspicious one did not meet.')),
                ('robots_txt', models.TextField(blank=True)),
                ('requested_count', models.PositiveIntegerField(default=0)),
                ('waiting_count', models.PositiveIntegerField(default=0, help_text='Pages that it knows it has yet to ask for.')),
                ('unchanged_count', models.PositiveIntegerField(default=0, help_text='Pages that say what they said before.')),
                ('skipped_count', models.PositiveIntegerField(default=0)),
                ('failed_count', models.PositiveIntegerField(default=0)),
                ('parsed_count', models.PositiveIntegerField(default=0)),
                ('rejected_count', models.PositiveIntegerField(default=0)),
                ('new_count', models.PositiveIntegerField(default=0)),
                ('changed_count', models.PositiveIntegerField(default=0)),
                ('seen_count', models.PositiveIntegerField(default=0)),
                ('gone_count', models.PositiveIntegerField(default=0)),
                ('pictures_count', models.PositiveIntegerField(default=0, help_text='Pictures that were looked at.')),
                ('refused_pictures', models.JSONField(default=dict, help_text='{why a picture was not looked at: how many}')),
                ('rejected_reasons', models.JSONField(default=dict)),
                ('skipped_reasons', models.JSONField(default=dict)),
                ('fields_read', models.JSONField(default=dict, help_text='{field: [records, filled, valid, lost]} of the pages that it remembers, for who goes on.')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='crawl_runs', to='leads.source')),
            ],
            options={
                'verbose_name': 'run',
                'verbose_name_plural': 'runs',
                'indexes': [models.Index(fields=['source', '-started_at'], name='crawl_run_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('source',), name='one_run_per_source')],
            },
        ),
        migrations.CreateModel(
            name='CrawlRequest',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('url', models.TextField()),
                ('outcome', models.CharField(choices=[('fetched', 'Fetched'), ('skipped', 'Skipped'), ('failed', 'Failed')], max_length=7)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('seconds', models.FloatField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='scraping.crawlrun')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'outcome'], name='crawl_request_outcome')],
            },
        ),
        migrations.CreateModel(
            name='FieldHealth',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('field', models.CharField(max_length=20)),
                ('record_count', models.PositiveIntegerField()),
                ('filled_count', models.PositiveIntegerField()),
                ('valid_count', models.PositiveIntegerField(help_text='Filled, without a doubt and not lost.')),
                ('lost_count', models.PositiveIntegerField(default=0, help_text="The page's layout always shows it, and it was not there or could not be read.")),
                ('is_drifting', models.BooleanField(default=False)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='field_health', to='scraping.crawlrun')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'field'), name='one_health_per_field')],
            },
        ),
        migrations.CreateModel(
            name='FileImport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('mapping_document', models.JSONField(help_text='The mapping that is applied, kept in the registry or not.')),
                ('foreseen', models.JSONField(blank=True, help_text='What its rows would become, as counted so far.', null=True)),
                ('file_name', models.CharField(max_length=120)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('stored_as', models.CharField(blank=True, help_text='Where the file lies; emptied with it.', max_length=200)),
                ('state', models.CharField(choices=[('waiting', 'Waits for its operator'), ('queued', 'Queued'), ('running', 'Running'), ('finished', 'Finished'), ('failed', 'Failed'), ('dropped', 'Dropped')], default='waiting', max_length=8)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('read_bytes', models.PositiveBigIntegerField(default=0)),
                ('read_count', models.PositiveIntegerField(default=0)),
                ('new_count', models.PositiveIntegerField(default=0)),
                ('changed_count', models.PositiveIntegerField(default=0)),
                ('seen_count', models.PositiveIntegerField(default=0)),
                ('rejected_count', models.PositiveIntegerField(default=0)),
                ('rejected_reasons', models.JSONField(default=dict)),
                ('fields_read', models.JSONField(default=dict, help_text='{field: [rows, filled, valid, lost]} of the rows kept.')),
                ('uploaded_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('mapping', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='file_imports', to='scraping.columnmapping')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='file_imports', to='leads.source')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'indexes': [models.Index(fields=['-uploaded_at'], name='file_import_newest')],
            },
        ),
        migrations.CreateModel(
            name='PageMemory',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('page_hash', models.CharField(max_length=80)),
                ('etag', models.CharField(blank=True, max_length=200)),
                ('last_modified', models.CharField(blank=True, max_length=40)),
                ('content_hash', models.CharField(max_length=32)),
                ('observation_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='What its adverts were stored as.', size=None)),
                ('links', models.JSONField(default=list, help_text="[[address without the site's own, what is read there], …]")),
                ('read_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.source')),
            ],
            options={
                'indexes': [models.Index(fields=['source', 'read_at'], name='page_memory_age')],
                'constraints': [models.UniqueConstraint(fields=('source', 'page_hash'), name='one_memory_per_page')],
            },
        ),
        migrations.CreateModel(
            name='PictureMemory',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('address_hash', models.CharField(max_length=80)),
                ('etag', models.CharField(blank=True, max_length=200)),
                ('last_modified', models.CharField(blank=True, max_length=40)),
                ('bits', models.BigIntegerField(help_text='Its look (leads.images); empty where it shows nothing.', null=True)),
                ('seen_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.source')),
            ],
            options={
                'verbose_name_plural': 'picture memories',
                'constraints': [models.UniqueConstraint(fields=('source', 'address_hash'), name='one_memory_per_picture')],
            },
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('file_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_rows', to='scraping.fileimport')),
            ],
            options={
                'indexes': [models.Index(fields=['file_import', 'line'], name='rejected_row_line')],
            },
        ),
        migrations.CreateModel(
            name='SavedPage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('url', models.URLField(blank=True, max_length=2000)),
                ('body', aiqleads.core.personal_data.EncryptedTextField(help_text="Base64 of the page's bytes: they name people.")),
                ('expected', aiqleads.core.personal_data.EncryptedJSONField(help_text='What parse_page --json says of it.')),
                ('saved_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_pages', to='leads.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'name'), name='saved_page_name_once')],
            },
        ),
        migrations.CreateModel(
            name='StatusRule',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('says', models.CharField(help_text="The service's word; case, spaces and signs do not count.", max_length=60)),
                ('word', models.CharField(editable=False, help_text='The same, as it is compared.', max_length=60)),
                ('meaning', models.CharField(choices=[('active', 'For sale with an agent'), ('pending', 'Under contract, or on hold, with an agent'), ('closed', 'Sold or let'), ('expired', 'Ended unsold: a lead'), ('withdrawn', 'Withdrawn by its owner: no lead'), ('canceled', 'Canceled: no lead'), ('deleted', 'Deleted: as if it were not there'), ('incomplete', 'A draft: as if it were not there')], max_length=10)),
                ('source', models.ForeignKey(blank=True, help_text='Empty: every source.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='status_rules', to='leads.source')),
            ],
            options={
                'verbose_name': 'status word',
                'verbose_name_plural': 'status words',
                'constraints': [models.UniqueConstraint(fields=('source', 'word'), name='one_meaning_per_word', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('meaning__in', ['active', 'pending', 'closed', 'expired', 'withdrawn', 'canceled', 'deleted', 'incomplete'])), name='meaning_known'), models.CheckConstraint(condition=models.Q(('word', ''), _negated=True), name='status_rule_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('language', models.CharField(max_length=5)),
                ('agents', models.PositiveSmallIntegerField()),
                ('email', aiqleads.core.personal_data.EncryptedTextField(null=True)),
                ('email_hash', models.CharField(db_index=True, max_length=80)),
                ('confirm_by', models.CharField(choices=[('email', 'By e-mail'), ('phone', 'By text message')], default='email', max_length=5)),
                ('phone', aiqleads.core.personal_data.EncryptedTextField(help_text='Where the code goes, E.164; only of those who chose that.', null=True)),
                ('answers', aiqleads.core.personal_data.EncryptedJSONField(help_text='What they wrote, and how they gave their consent.', null=True)),
                ('state', models.CharField(choices=[('waiting', 'Waits to be confirmed'), ('confirmed', 'Confirmed'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=9)),
                ('sent_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('consent_text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='leads.consenttext')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='leads.source')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['sent_at'], name='submission_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('agents__range', (1, 3))), name='submission_names_one_to_three_agents')],
            },
        ),
        migrations.CreateModel(
            name='PhoneCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number_hash', models.CharField(max_length=80)),
                ('code_hash', models.CharField(blank=True, max_length=80)),
                ('asked_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('wrong_tries', models.PositiveSmallIntegerField(default=0)),
                ('is_undeliverable', models.BooleanField(default=False)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='scraping.submission')),
            ],
            options={
                'indexes': [models.Index(fields=['number_hash', 'asked_at'], name='phone_code_number'), models.Index(fields=['asked_at'], name='phone_code_asked')],
            },
        ),
        migrations.CreateModel(
            name='SupplierKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='Whose system uses it.', max_length=80)),
                ('beginning', models.CharField(help_text='Its first characters, to know it by.', max_length=12)),
                ('key_hash', models.CharField(max_length=80, unique=True)),
                ('issued_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supplier_keys', to='leads.source')),
            ],
            options={
                'verbose_name': "supplier's key",
                'verbose_name_plural': "suppliers' keys",
            },
        ),
        migrations.CreateModel(
            name='AdvertPictures',
            fields=[
                ('observation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='leads.observation')),
                ('addresses', aiqleads.core.personal_data.EncryptedJSONField(help_text='Where they are; empty once they were looked at.', null=True)),
                ('noted_at', models.DateTimeField(db_default=aiqleads.core.clock.Now())),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.source')),
            ],
            options={
                'verbose_name_plural': 'advert pictures',
                'indexes': [models.Index(condition=models.Q(('addresses__isnull', False)), fields=['source', 'noted_at'], name='pictures_due')],
            },
        ),
    ]
