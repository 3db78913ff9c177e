"""What was erased for whom, as far as it went: resumable, and replayed from the journal after a restore."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField


class Erasure(models.Model):
    """One person's erasure. Their values are kept, encrypted, until the last holder is done; hashes stay."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField(null=True, blank=True, help_text="The request that asks for it.")
    deletion_list_id = models.UUIDField(null=True, blank=True, help_text="The state's list that asks for it.")
    person = EncryptedJSONField(null=True, help_text="By what they are found; emptied when it is done.")
    marks = models.JSONField(help_text="[[kind, keyed hashes, the newest first], …]")
    lead_ids = ArrayField(models.UUIDField(), default=list)
    begun_at = models.DateTimeField(db_default=Now())
    journaled_at = models.DateTimeField(null=True, blank=True, help_text="When it was written to the journal.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None, person__isnull=False) | Q(finished_at__isnull=False, person=None),
                name="finished_erasure_knows_nobody",
            )
        ]
        indexes = [
            models.Index(fields=["-begun_at"], name="erasure_newest"),
            models.Index(fields=["begun_at"], name="erasure_unfinished", condition=Q(finished_at=None)),
            models.Index(fields=["request_id"], name="erasure_request", condition=Q(request_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"erasure of {self.begun_at:%Y-%m-%d %H:%M}"


class ErasureStep(models.Model):
    """What one holder has to do for an erasure, or did."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(help_text="In which order.")
    holder = models.CharField(max_length=40)
    counts = models.JSONField(default=dict, help_text="{model: rows or files deleted or emptied}")
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=120, blank=True, help_text="What kind of error; none of its words.")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["erasure", "holder"], name="holder_erases_once")]

    def __str__(self) -> str:
        return f"{self.holder}: {'done' if self.done_at else 'waits'}"
