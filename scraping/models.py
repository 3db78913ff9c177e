"""Crawl runs and what each of them requested."""

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from leads.models import Source

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
    heartbeat_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    is_believed = models.BooleanField(
        default=False, help_text="An operator let the next run take away what this suspicious one did not meet."
    )
    robots_txt = models.TextField(blank=True)
    requested_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    parsed_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    seen_count = models.PositiveIntegerField(default=0)
    gone_count = models.PositiveIntegerField(default=0)
    rejected_reasons = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(state="running"), name="one_run_per_source")
        ]
        indexes = [models.Index(fields=["source", "-started_at"], name="crawl_run_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M}"


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
