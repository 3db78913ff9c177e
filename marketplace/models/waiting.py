"""Who waits for a lead that others hold."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from leads.models import Lead
from marketplace.querysets import WaitlistQuerySet


class WaitlistEntry(models.Model):
    """An organisation's place in the queue for a lead, from ``joined_at`` until it holds, leaves or all is sold.

    Whose turn it is is stored nowhere: the database function ``marketplace_waitlist`` derives it from the claims'
    ranges (docs/subsystems/waitlist.md). Times are set by trigger.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="waitlist")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "queues"
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "organisation"], condition=Q(left_at=None), name="waitlisted_once"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "joined_at"], name="waiting_for", condition=Q(left_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.organisation} waits for {self.lead}"
