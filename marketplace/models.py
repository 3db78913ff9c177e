"""Offers, copies, claims and purchases. What they promise is defended by triggers (migration 0002)."""

import uuid
from datetime import datetime
from typing import Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Upper

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from aiqleads.core.geo import Earth
from billing.models import Journal
from leads.models import Kind, Lead, Tier
from leads.summary import HOME_WORDS
from leads.validation import NAMED_BY_RECORDS
from marketplace.querysets import ClaimQuerySet, ListingQuerySet
from pricing.models import Quote

SET_BY_TRIGGER: Final = Cast(Value("empty"), DateTimeRangeField())


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
    opens_at = models.DateTimeField(db_default=Now())
    listed_at = models.DateTimeField(db_default=Now())
    delisted_at = models.DateTimeField(null=True, blank=True)
    right_until = models.DateTimeField(
        null=True, editable=False, help_text="When the last right that allows listing ends; set by trigger."
    )
    delisted_reason = models.CharField(max_length=200, blank=True)
    live_holds: int  # these two are there after ``with_holds()``
    first_hold_ends_at: datetime | None
    search = models.GeneratedField(
        expression=SearchVector(
            "summary", "street", "city", "state_code", "zip_code", "property_type", config="english"
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
            GistIndex(Earth("latitude", "longitude"), name="listing_point"),
            models.Index(Upper("city"), "state_code", "lead", name="listing_city", condition=Q(delisted_at=None)),
            *(  # in the very order of a sort, so that a page is read off the index wherever it starts
                models.Index(fields=fields, name=name, condition=Q(delisted_at=None))
                for name, fields in {
                    "listing_newest": ["-listed_at", "-lead"],
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

    def __str__(self) -> str:
        return f"copy {self.number}"


class Cart(models.Model):
    """A member's cart. Its start caps every item's timer; an emptied cart keeps it until it has run out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.OneToOneField(Membership, models.PROTECT, related_name="cart")
    started_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"cart of {self.membership}"


class Claim(models.Model):
    """A hold or a sale of one slot. ``during`` ends for a hold and never ends for a sale.

    Times and prices are computed by the guard trigger from the plan, the cart and the listing, so that no code
    can get them wrong; a new row has them at once because columns with a database default are returned.
    """

    class State(models.TextChoices):
        HELD = "held", "Held"
        RELEASED = "released", "Released"
        SOLD = "sold", "Sold"
        RETURNED = "returned", "Returned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="claims")
    slot = models.ForeignKey(LeadSlot, models.PROTECT, related_name="claims")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="claims")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="claims")
    cart = models.ForeignKey(Cart, models.PROTECT, related_name="claims")
    bundle = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    during = DateTimeRangeField(db_default=SET_BY_TRIGGER)
    max_until = models.DateTimeField(db_default=Now())
    quote = models.ForeignKey(Quote, models.PROTECT, related_name="+")
    list_price_credits = models.PositiveIntegerField(db_default=0)
    price_credits = models.PositiveIntegerField(db_default=0)
    journal = models.OneToOneField(Journal, models.PROTECT, null=True, related_name="claim")
    release_reason = models.CharField(max_length=60, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="slot_claimed_once",
                expressions=[
                    ("lead", RangeOperators.EQUAL),
                    ("slot", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="one_bundle_per_organisation",
                expressions=[
                    ("lead", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("bundle", RangeOperators.NOT_EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sold", "returned"], journal__isnull=False)
                | Q(state__in=["held", "released"], journal__isnull=True),
                name="sold_means_paid",
            ),
            models.CheckConstraint(
                condition=Q(price_credits__gte=1) & Q(price_credits__lte=F("list_price_credits")),
                name="claim_price_within_list_price",
            ),
        ]
        indexes = [models.Index(fields=["cart", "state"], name="claim_cart")]

    def __str__(self) -> str:
        return f"{self.state} claim on {self.lead}"

    @property
    def until(self) -> datetime:
        """When a hold ends or ended; not asked of a sale, which never ends."""
        end: datetime = self.during.upper
        return end


class Purchase(models.Model):
    """A sale as its buyer knows it. The claim that it stands for is what opens the contact."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.OneToOneField(Claim, models.PROTECT, related_name="purchase")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="purchases")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="purchases")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="purchases")
    price_credits = models.PositiveIntegerField()
    bought_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "-bought_at", "id"], name="purchase_newest")]

    def __str__(self) -> str:
        return f"purchase for {self.price_credits} credits"


class Passport(models.Model):
    """What the buyer of a purchase may do with its contact, as stated at the unlock. Written once."""

    purchase = models.OneToOneField(Purchase, models.PROTECT, primary_key=True, related_name="passport")
    channels = models.JSONField(help_text="{call|text|email|post: {allowed, why}}")
    consent = models.CharField(max_length=200)
    dnc_checked_at = models.DateTimeField(null=True)
    quiet_hours = models.CharField(max_length=120)
    right_basis = models.CharField(max_length=16)
    issued_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"passport until {self.valid_until:%Y-%m-%d}"


class CheckoutReply(models.Model):
    """The answer that an Idempotency-Key was given, so that a repeated request gets it again."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=64)
    purchase_ids = models.JSONField(default=list)
    replied_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "key"], name="checkout_reply_once")]

    def __str__(self) -> str:
        return self.key
