"""Carts, and the holds and sales of copies."""

import uuid
from datetime import datetime
from typing import Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from aiqleads.core.ranges import RangeEnd, RangeStart
from billing.models import Journal
from leads.models import Lead
from marketplace.models.intents import PurchaseIntent
from marketplace.models.offers import LeadSlot
from marketplace.models.standing_orders import StandingOrder
from marketplace.querysets import ClaimQuerySet
from pricing.models import Quote

GIVEN_BACK: Final = "given back"
"""The reason of a release by the holder; any other reason is the marketplace's."""
SET_BY_TRIGGER: Final = Cast(Value("empty"), DateTimeRangeField())


class Cart(models.Model):
    """A member's cart. Its start caps every item's timer; an emptied cart keeps it until it has run out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.OneToOneField(Membership, models.PROTECT, related_name="cart")
    started_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    has_accepted_terms: bool  # its member, by now; there where it is locked

    def __str__(self) -> str:
        return f"cart of {self.membership}"


class Claim(models.Model):
    """A hold or a sale of one slot. ``during`` ends for a hold and never ends for a sale.

    Claims that share a ``bundle`` were made together and start, end and are bought together.

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
    standing_order = models.ForeignKey(
        StandingOrder,
        models.PROTECT,
        null=True,
        editable=False,
        db_index=False,
        related_name="claims",
        help_text="The order that bought it; its claims are sold where they are made.",
    )
    intent = models.ForeignKey(
        PurchaseIntent,
        models.PROTECT,
        null=True,
        editable=False,
        db_index=False,
        related_name="claims",
        help_text="Why it was held again, and sold where it was made.",
    )

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
        indexes = [
            models.Index(fields=["cart", "state"], name="claim_cart"),
            models.Index(fields=["bundle"], name="claim_bundle"),
            models.Index(RangeEnd("during"), condition=Q(state__in=["held", "released"]), name="claim_ended"),
            models.Index(
                "standing_order",
                RangeStart("during"),
                name="claim_of_order",
                condition=Q(standing_order__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} claim on {self.lead}"

    @property
    def until(self) -> datetime:
        """When a hold ends or ended; not asked of a sale, which never ends."""
        end: datetime = self.during.upper
        return end

    @property
    def why_ended(self) -> str:
        """Why a hold that ended did, in a sentence."""
        if self.state in {self.State.SOLD, self.State.RETURNED}:
            return "You have bought it already."
        if self.state == self.State.HELD:
            return f"The hold ended at {self.until:%H:%M:%S} UTC."
        if self.release_reason == GIVEN_BACK:
            return "You gave it back."
        return f"It is no longer offered: {self.release_reason}."
