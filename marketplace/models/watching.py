"""What a member keeps an eye on, and what they looked at."""

from django.db import models

from accounts.models import Membership
from aiqleads.core.clock import Now
from marketplace.models.offers import Listing


class WatchedLead(models.Model):
    """An offer on a member's watchlist. ``told_credits`` is the list price that they know of."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="watched_leads")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="watchers")
    told_credits = models.PositiveIntegerField()
    watched_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "listing"], name="watched_once")]
        indexes = [models.Index(fields=["membership", "-watched_at", "-id"], name="watched_newest")]

    def __str__(self) -> str:
        return f"{self.listing} at {self.told_credits} credits"


class ViewedLead(models.Model):
    """When a member last opened the page of an offer."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="viewed_leads")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="+")
    viewed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "listing"], name="viewed_once")]
        indexes = [models.Index(fields=["membership", "-viewed_at"], name="viewed_newest")]

    def __str__(self) -> str:
        return f"{self.listing} at {self.viewed_at:%Y-%m-%d %H:%M}"
