"""What became of leads after they were sold."""

import uuid

from django.conf import settings
from django.db import models

from aiqleads.core.clock import Now
from leads.models.lead import Lead


class Outcome(models.Model):
    """What a buyer says became of a lead. Every word is kept; the newest of a sale counts. Written once."""

    class Status(models.TextChoices):
        CONTACTED = "contacted", "Contacted"
        APPOINTMENT = "appointment", "Appointment"
        LISTED = "listed", "Listed with me"
        LOST = "lost", "Lost"

    class Via(models.TextChoices):
        PAGE = "page", "the page"
        API = "api", "the API"
        EMAIL = "email", "a letter's link"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="outcomes")
    sale_id = models.UUIDField(help_text="The purchase; selling lies above.")
    status = models.CharField(max_length=11, choices=Status)
    via = models.CharField(max_length=5, choices=Via)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_constraint=False
    )
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["contacted", "appointment", "listed", "lost"]),
                name="outcome_status_known",
            )
        ]
        indexes = [models.Index(fields=["sale_id", "-marked_at"], name="outcome_newest")]

    def __str__(self) -> str:
        return self.get_status_display()
