"""Searches that a member keeps, and which offers each has found already."""

import uuid

from django.db import models

from accounts.models import Membership
from aiqleads.core.clock import Now
from marketplace.models.offers import Listing


class SavedSearch(models.Model):
    """A search as it stands in the marketplace's address, and how often its member hears of what is new."""

    class Rhythm(models.TextChoices):
        NEVER = "never", "Never"
        INSTANT = "instant", "At once"
        DAILY = "daily", "Once a day"
        WEEKLY = "weekly", "Once a week"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    query = models.TextField(help_text="As in the address of the list, without the question mark.")
    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.DAILY)
    created_at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(db_default=Now(), help_text="Offers of before were known when it looked last.")

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(fields=["membership", "query"], name="search_saved_once"),
            models.CheckConstraint(
                condition=models.Q(rhythm__in=["never", "instant", "daily", "weekly"]), name="search_rhythm_known"
            ),
        ]
        indexes = [
            models.Index(fields=["membership", "-created_at", "-id"], name="search_newest"),
            models.Index(fields=["rhythm", "looked_at"], name="search_due"),
        ]

    def __str__(self) -> str:
        return self.name


class FoundLead(models.Model):
    """That a saved search has told of an offer, so that it never tells of it again."""

    search = models.ForeignKey(SavedSearch, models.CASCADE, related_name="found")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="+")
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["search", "listing"], name="found_once")]

    def __str__(self) -> str:
        return f"{self.listing} for {self.search}"
