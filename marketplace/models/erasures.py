"""That a buyer was asked to delete what they bought, and their word that they did."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from marketplace.models.purchases import Purchase


class DeletionNotice(models.Model):
    """One purchase of a lead whose owner had it deleted. Its buyer confirms once that they deleted it too."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purchase = models.OneToOneField(Purchase, models.PROTECT, related_name="deletion_notice")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="deletion_notices")
    told_at = models.DateTimeField(db_default=Now())
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "request to delete"
        verbose_name_plural = "requests to delete"
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="deletion_confirmed_by_somebody",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "-told_at"], name="deletion_notice_newest"),
            models.Index(fields=["told_at"], name="deletion_unconfirmed", condition=Q(confirmed_at=None)),
        ]

    def __str__(self) -> str:
        return f"asked on {self.told_at:%Y-%m-%d}"
