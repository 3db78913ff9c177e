"""Crawl runs and what each of them requested."""

import uuid
from datetime import timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField
from leads.models import ConsentText, Kind, Source

COUNTED: Final = (
    "requested", "unchanged", "skipped", "failed", "parsed", "rejected", "new", "changed", "seen", "gone",
)  # fmt: skip
STALE_AFTER: Final = timedelta(seconds=30)
"""How long a run without a heartbeat may be alive."""


class CrawlRun(models.Model):
    """One crawl of one source, in a process of its own. At most one runs per source."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        REFUSED = "refused", "Refused"
        SUSPICIOUS = "suspicious", "Suspicious"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="crawl_runs")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(db_default=Now())
    since = models.DateTimeField(
        db_default=Now(),
        help_text="What was read since then is read. Earlier than the start where it goes on with a broken run.",
    )
    is_full = models.BooleanField(default=True, help_text="It visits every list to its end, whatever is known.")
    heartbeat_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    is_believed = models.BooleanField(
        default=False, help_text="An operator let the next run take away what this suspicious one did not meet."
    )
    robots_txt = models.TextField(blank=True)
    requested_count = models.PositiveIntegerField(default=0)
    waiting_count = models.PositiveIntegerField(default=0, help_text="Pages that it knows it has yet to ask for.")
    unchanged_count = models.PositiveIntegerField(default=0, help_text="Pages that say what they said before.")
    skipped_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    parsed_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    seen_count = models.PositiveIntegerField(default=0)
    gone_count = models.PositiveIntegerField(default=0)
    rejected_reasons = models.JSONField(default=dict)
    skipped_reasons = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(state="running"), name="one_run_per_source")
        ]
        indexes = [models.Index(fields=["source", "-started_at"], name="crawl_run_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def counts(self) -> dict[str, int]:
        """What a run's report counts, in the order of a page's way in."""
        return {name: getattr(self, f"{name}_count") for name in COUNTED}


class CrawlRequest(models.Model):
    """One address that a run fetched, skipped or failed to fetch, and how it ended."""

    class Outcome(models.TextChoices):
        FETCHED = "fetched", "Fetched"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CrawlRun, models.CASCADE, related_name="requests")
    url = models.TextField()
    outcome = models.CharField(max_length=7, choices=Outcome)
    status = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=120, blank=True)
    seconds = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run", "outcome"], name="crawl_request_outcome")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.status or self.reason}"


class PageMemory(models.Model):
    """How one page of a source read last, so that it need not be read again while it says the same.

    ``page_hash`` is keyed and holds the readers' own state: another reading of the same bytes is another row.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    page_hash = models.CharField(max_length=80)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=40, blank=True)
    content_hash = models.CharField(max_length=32)
    observation_ids = ArrayField(models.UUIDField(), default=list, help_text="What its adverts were stored as.")
    links = models.JSONField(default=list, help_text="[[address without the site's own, what is read there], …]")
    read_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "page_hash"], name="one_memory_per_page")]
        indexes = [models.Index(fields=["source", "read_at"], name="page_memory_age")]

    def __str__(self) -> str:
        return f"a page of {self.source_id}"


class CrawlArea(models.Model):
    """Where crawls of a source begin, and what they take there. A source without areas begins at its front page."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="areas")
    name = models.CharField(max_length=120)
    start = models.CharField(max_length=500, help_text="A path of the site, or an address on one of its hosts.")
    category = models.CharField(max_length=60, blank=True)
    state_code = models.CharField("state", max_length=2, blank=True)
    is_enabled = models.BooleanField(default=True)
    kinds = ArrayField(models.CharField(max_length=16, choices=Kind), default=list, blank=True)
    least_price = models.PositiveIntegerField(
        null=True, blank=True, help_text="Adverts that ask less are left out, in whole dollars."
    )
    stop_at_seen = models.PositiveSmallIntegerField(
        default=0, help_text="Lists are newest first: turn no page after so many known adverts in a row. 0: never."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "start"], name="one_area_per_start")]
        ordering = ["source", "name"]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.name}"


class FieldHealth(models.Model):
    """How many of a run's records had one field."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CrawlRun, models.CASCADE, related_name="field_health")
    field = models.CharField(max_length=20)
    record_count = models.PositiveIntegerField()
    filled_count = models.PositiveIntegerField()
    valid_count = models.PositiveIntegerField(help_text="Filled, without a doubt and not lost.")
    is_drifting = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "field"], name="one_health_per_field")]

    def __str__(self) -> str:
        return f"{self.field}: {self.valid_count} of {self.record_count}"


class BundledWorld(models.Model):
    """Which day of the bundled world this database was filled from. At most one row; none without the demo."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    day = models.PositiveSmallIntegerField()
    shown_on = models.DateField(help_text="The date that the world was first shown on; its adverts' dates follow.")

    size_percent = models.PositiveSmallIntegerField(default=100)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_bundled_world")]

    def __str__(self) -> str:
        return f"day {self.day}"


class FeedAccess(models.Model):
    """How a feed is entered and what its licence lets us ask for. Without a row: the defaults."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="feed_access")
    token_url = models.URLField(
        blank=True,
        help_text="Where client credentials are changed for a token. Empty: the source's own token is used.",
    )
    client_id = models.CharField(max_length=200, blank=True)
    client_secret = EncryptedTextField(null=True, blank=True)
    scope = models.CharField(max_length=200, blank=True)
    licence_filter = models.CharField(
        max_length=500, blank=True, help_text="What the licence allows to be asked for, in OData's words."
    )
    page_size = models.PositiveSmallIntegerField(default=200, help_text="Records asked for at once.")
    overlap_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How far before the newest change each run looks again, for changes that came late."
    )
    reconcile_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How often every key is compared, so that no deletion is missed."
    )
    has_pictures = models.BooleanField(default=True, help_text="Ask for the pictures' addresses too.")

    def __str__(self) -> str:
        return f"access to {self.source_id}"


class FeedState(models.Model):
    """How far a feed has been followed. Written after the records it speaks of, so that a killed run loses none."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="feed_state")
    modified_until = models.DateTimeField(null=True, help_text="The newest change that is stored.")
    event_sequence = models.BigIntegerField(null=True, help_text="The newest event that is stored.")
    is_loaded = models.BooleanField(default=False, help_text="Everything there was has been read once.")
    reconciled_at = models.DateTimeField(null=True, help_text="When every key was last compared.")
    vanished_ids = ArrayField(
        models.CharField(max_length=255),
        default=list,
        help_text="Deleted by the server, and not yet taken away here.",
    )

    def __str__(self) -> str:
        return f"{self.source_id} until {self.modified_until}"


class StatusRule(models.Model):
    """What a listing service's word for a listing's state means to us."""

    class Meaning(models.TextChoices):
        ACTIVE = "active", "For sale with an agent"
        PENDING = "pending", "Under contract, or on hold, with an agent"
        CLOSED = "closed", "Sold or let"
        EXPIRED = "expired", "Ended unsold: a lead"
        WITHDRAWN = "withdrawn", "Withdrawn by its owner: no lead"
        CANCELED = "canceled", "Canceled: no lead"
        DELETED = "deleted", "Deleted: as if it were not there"
        INCOMPLETE = "incomplete", "A draft: as if it were not there"

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(
        Source, models.CASCADE, null=True, blank=True, related_name="status_rules", help_text="Empty: every source."
    )
    says = models.CharField(max_length=60, help_text="The service's word; case, spaces and signs do not count.")
    word = models.CharField(max_length=60, editable=False, help_text="The same, as it is compared.")
    meaning = models.CharField(max_length=10, choices=Meaning)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "word"], nulls_distinct=False, name="one_meaning_per_word"),
            models.CheckConstraint(
                condition=Q(meaning__in=[
                    "active", "pending", "closed", "expired", "withdrawn", "canceled", "deleted", "incomplete",
                ]),
                name="meaning_known",
            ),
            models.CheckConstraint(condition=~Q(word=""), name="status_rule_says_something"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.says}: {self.meaning}"


class ColumnMapping(models.Model):
    """What the columns of a source's files mean, in one version. Written once; a correction is the next version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="column_mappings")
    name = models.CharField(max_length=80, help_text="Which of the source's files it reads.")
    version = models.PositiveSmallIntegerField(default=1)
    document = models.JSONField(help_text="{rules: [{field, columns, transform, argument, values}], kind, keep}")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name", "version"], name="mapping_version_once")]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class FileImport(models.Model):
    """One file that an operator brought: looked at first, then read row by row in the background."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for its operator"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="file_imports")
    mapping = models.ForeignKey(ColumnMapping, models.PROTECT, null=True, blank=True, related_name="file_imports")
    mapping_document = models.JSONField(help_text="The mapping that is applied, kept in the registry or not.")
    file_name = models.CharField(max_length=120)
    size_bytes = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=200, blank=True, help_text="Where the file lies; emptied with it.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    read_bytes = models.PositiveBigIntegerField(default=0)
    read_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    seen_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    rejected_reasons = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-uploaded_at"], name="file_import_newest")]

    def __str__(self) -> str:
        return self.file_name


class RejectedRow(models.Model):
    """Where in a file a row stood that was no lead, and why; nothing of what it said."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="rejected_rows")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["file_import", "line"], name="rejected_row_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class SiteSelectors(models.Model):
    """Where an operator found the fields of one site's adverts: CSS or XPath per field, instead of code."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="site_selectors")
    rules = models.JSONField(default=dict, help_text="{field: selector}")
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{len(self.rules)} selectors"


class SavedPage(models.Model):
    """A page of a source as it once was, and what was read from it then: a test that operators keep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="saved_pages")
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=2000, blank=True)
    body = EncryptedTextField(help_text="Base64 of the page's bytes: they name people.")
    expected = EncryptedJSONField(help_text="What parse_page --json says of it.")
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="saved_page_name_once")]

    def __str__(self) -> str:
        return self.name


class Submission(models.Model):
    """What a homeowner or a buyer sent in. It is nothing but a row here until they confirm it by e-mail.

    Unconfirmed, it is deleted after ``CONFIRM_WITHIN``; confirmed, its answers move to the lead's own record.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits to be confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="submissions")
    consent_text = models.ForeignKey(ConsentText, models.PROTECT, related_name="submissions")
    language = models.CharField(max_length=5)
    agents = models.PositiveSmallIntegerField()
    email = EncryptedTextField(null=True)
    email_hash = models.CharField(max_length=80, db_index=True)
    answers = EncryptedJSONField(null=True, help_text="What they wrote, and how they gave their consent.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agents__range=(1, 3)), name="submission_names_one_to_three_agents")
        ]
        indexes = [models.Index(fields=["sent_at"], name="submission_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.source} of {self.sent_at:%Y-%m-%d}"


class SupplierKey(models.Model):
    """What lets a partner's system send leads of one source. The key itself was shown once and is kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="supplier_keys")
    name = models.CharField(max_length=80, help_text="Whose system uses it.")
    beginning = models.CharField(max_length=12, help_text="Its first characters, to know it by.")
    key_hash = models.CharField(max_length=80, unique=True)
    issued_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"
