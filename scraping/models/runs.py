"""Crawl runs, what each of them requested, and how much of each field it read."""

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from leads.models import Source
from scraping.drift import Share

COUNTED: Final = (
    "requested", "unchanged", "skipped", "failed", "parsed", "rejected", "new", "changed", "seen", "gone",
    "pictures",
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
    process = models.CharField(
        max_length=160, blank=True, help_text="Which process runs it (aiqleads.core.processes)."
    )
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
    pictures_count = models.PositiveIntegerField(default=0, help_text="Pictures that were looked at.")
    refused_pictures = models.JSONField(default=dict, help_text="{why a picture was not looked at: how many}")
    rejected_reasons = models.JSONField(default=dict)
    skipped_reasons = models.JSONField(default=dict)
    fields_read = models.JSONField(
        default=dict,
        help_text="{field: [records, filled, valid, lost]} of the pages that it remembers, for who goes on.",
    )

    class Meta:
        verbose_name, verbose_name_plural = "run", "runs"
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


class QueuedCrawl(models.Model):
    """A crawl that an operator asked for and that has not begun; gone as soon as any crawl of the source begins."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="queued_crawl")
    queued_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.source_id}, queued at {self.queued_at:%H:%M}"


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


class FieldHealth(models.Model):
    """How many of a run's records had one field."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CrawlRun, models.CASCADE, related_name="field_health")
    field = models.CharField(max_length=20)
    record_count = models.PositiveIntegerField()
    filled_count = models.PositiveIntegerField()
    valid_count = models.PositiveIntegerField(help_text="Filled, without a doubt and not lost.")
    lost_count = models.PositiveIntegerField(
        default=0, help_text="The page's layout always shows it, and it was not there or could not be read."
    )
    is_drifting = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "field"], name="one_health_per_field")]

    def __str__(self) -> str:
        return f"{self.field}: {self.valid_count} of {self.record_count}"

    @property
    def share(self) -> Share:
        """The counts as drift compares them."""
        return Share(
            records=self.record_count, filled=self.filled_count, valid=self.valid_count, lost=self.lost_count
        )
