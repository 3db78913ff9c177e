"""Tables that operators bring: what their columns mean, and what became of their rows."""

import uuid

from django.db import models

from aiqleads.core.clock import Now
from leads.models import Source


class ColumnMapping(models.Model):
    """What the columns of a source's files mean, in one version. Written once; a correction is the next version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="column_mappings")
    name = models.CharField(max_length=80, help_text="Which of the source's files it reads.")
    version = models.PositiveSmallIntegerField(default=1)
    document = models.JSONField(help_text="{rules: [{field, columns, transform, argument, values}], kind, keep}")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = "mapping", "mappings"
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
    foreseen = models.JSONField(null=True, blank=True, help_text="What its rows would become, as counted so far.")
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
    fields_read = models.JSONField(default=dict, help_text="{field: [rows, filled, valid, lost]} of the rows kept.")
    uploaded_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "file", "files"
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
