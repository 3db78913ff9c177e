"""What is on offer: the public view of each lead, and its copies."""

import uuid
from datetime import datetime
from typing import Final

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left, Upper

from aiqleads.core.clock import Now
from aiqleads.core.geo.indexes import AreaIndex, DistanceIndex
from leads.models import Kind, Lead, Tier
from leads.summary import HOME_WORDS
from leads.validation import NAMED_BY_RECORDS
from marketplace.querysets import ListingQuerySet
from marketplace.sampling import IsSampled
from pricing.models import Quote

IS_OFFERED_BY: Final = ("copies_left", "opens_at", "right_until")
FILTERED_BY: Final = (
    "state_code",
    "city",
    "zip_code",
    "kind",
    "tier",
    "property_type",
    "beds",
    "baths",
    "area_sqft",
    "price_credits",
    "asking_price_cents",
    "quality_score",
    "listed_at",
)
"""Columns that the map's indexes carry along: tens of thousands of offers are counted off an index alone."""


class Listing(models.Model):
    """The public offer of one lead: all that anybody sees or searches before buying."""

    lead = models.OneToOneField(Lead, models.PROTECT, primary_key=True, related_name="listing")
    kind = models.CharField(max_length=16, choices=Kind)
    tier = models.CharField(max_length=8, choices=Tier)
    quality_score = models.PositiveSmallIntegerField()
    city = models.CharField(max_length=80)
    state_code = models.CharField(max_length=2)
    zip_code = models.CharField(max_length=5)
    street = models.CharField(max_length=160, blank=True, help_text="Without number and unit.")
    latitude = models.FloatField(null=True, help_text="Moved 300–800 m, always to the same place.")
    longitude = models.FloatField(null=True)
    property_type = models.CharField(max_length=30, blank=True)
    beds = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    baths = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    area_sqft = models.PositiveIntegerField(null=True)
    asking_price_cents = models.BigIntegerField(null=True)
    price_period = models.CharField(max_length=5, default="once")
    summary = models.CharField(max_length=400)
    features = models.JSONField(default=list, db_default=[], blank=True, help_text="Our words for what it offers.")
    feature_words = models.TextField(
        blank=True, db_default="", help_text="The same, and other words by which it is searched for."
    )
    image_count = models.PositiveSmallIntegerField(default=0)
    source_name = models.CharField(max_length=120, help_text="The kind of source, never its address.")
    right_basis = models.CharField(max_length=16)
    reasons = models.JSONField(default=list, help_text="Evidence for the score: [{part, points, says}]")
    posted_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    quote = models.ForeignKey(Quote, models.PROTECT, related_name="+")
    price_credits = models.PositiveIntegerField()
    copies = models.PositiveSmallIntegerField(default=1)
    copies_left = models.PositiveSmallIntegerField(default=1, help_text="Kept by trigger from sold claims.")
    returned_copies = models.PositiveSmallIntegerField(
        db_default=0, editable=False, help_text="How often a copy was delivered and came back; kept by trigger."
    )
    opens_at = models.DateTimeField(db_default=Now())
    plans_from = models.DateTimeField(
        null=True, editable=False, help_text="When its territory holders' window ends; set once, by trigger."
    )
    everyone_from = models.DateTimeField(
        null=True, editable=False, help_text="When its last early window ends; NULL where there is none."
    )
    listed_at = models.DateTimeField(db_default=Now())
    delisted_at = models.DateTimeField(null=True, blank=True)
    right_until = models.DateTimeField(
        null=True, editable=False, help_text="When the last right that allows listing ends; set by trigger."
    )
    delisted_reason = models.CharField(max_length=200, blank=True)
    live_holds: int  # these two are there after ``with_holds()``
    first_hold_ends_at: datetime | None
    bundle: uuid.UUID  # of the hold by which it was found
    says: list[bool]  # which words of the search by which it was matched
    search = models.GeneratedField(
        expression=SearchVector(
            *("summary", "street", "city", "state_code", "zip_code", "property_type", "feature_words"),
            config="english",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "offer", "offers"
        constraints = [
            models.CheckConstraint(condition=Q(price_credits__gte=1), name="listing_costs_something"),
            models.CheckConstraint(condition=Q(copies_left__lte=F("copies")), name="listing_copies_left"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="listing_search"),
            DistanceIndex(name="listing_distance", condition=Q(delisted_at=None)),
            AreaIndex(name="listing_area", condition=Q(delisted_at=None)),
            models.Index(
                fields=["latitude", "longitude"],
                name="listing_map",
                condition=Q(delisted_at=None),
                include=["lead", *IS_OFFERED_BY],
            ),
            models.Index(
                fields=["latitude", "longitude"],
                name="listing_map_sample",
                condition=Q(IsSampled("lead"), delisted_at=None),
                include=["lead", *IS_OFFERED_BY, *FILTERED_BY],
            ),
            models.Index(fields=["kind", "beds"], name="listing_kind", condition=Q(delisted_at=None)),
            models.Index(fields=["baths"], name="listing_baths", condition=Q(delisted_at=None)),
            models.Index(Left("zip_code", 3), "opens_at", name="listing_region_day"),
            models.Index(Upper("city"), "state_code", "lead", name="listing_city", condition=Q(delisted_at=None)),
            *(  # in the very order of a sort, so that a page is read off the index wherever it starts
                models.Index(fields=fields, name=name, condition=Q(delisted_at=None))
                for name, fields in {
                    "listing_newest": ["-listed_at", "-lead"],
                    "listing_opened": ["-opens_at"],
                    "listing_price": ["price_credits", "lead"],
                    "listing_quality": ["-quality_score", "-lead"],
                    "listing_state": ["state_code", "-quality_score", "-lead"],
                    "listing_zip": ["zip_code", "lead"],
                }.items()
            ),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def is_of_record(self) -> bool:
        """Whether a public record names the owner: the home is not advertised, so nobody asks a price for it."""
        return self.kind in NAMED_BY_RECORDS

    @property
    def returned_in_words(self) -> str:
        """How often a copy was delivered before and came back: "once", "2 times"."""
        return "once" if self.returned_copies == 1 else f"{self.returned_copies} times"

    @property
    def title(self) -> str:
        """Its street, or else its city."""
        return self.street or f"Home in {self.city}"

    @property
    def home_words(self) -> str:
        """What kind of home it is, in a word; "" where unknown."""
        return HOME_WORDS.get(self.property_type, "")


class LeadSlot(models.Model):
    """One copy of a lead. One slot is exclusive, N slots are shared by at most N buyers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="slots")
    number = models.PositiveSmallIntegerField()
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replacement")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "number"], name="slot_once")]
        indexes = [
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="slot_closed_lately")
        ]

    def __str__(self) -> str:
        return f"copy {self.number}"
