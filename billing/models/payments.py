"""Money that comes in and goes back, each as a row that is written before a provider is asked."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation, User
from aiqleads.core.clock import Now
from billing.models.catalogue import Pack
from billing.models.ledger import Journal
from billing.models.subscriptions import Subscription


class Customer(models.Model):
    """An organisation as a provider knows it, and the way of paying that it left there."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="billing_customers")
    provider = models.CharField(max_length=16)
    customer_id = models.CharField(max_length=120)
    method_id = models.CharField(max_length=120, blank=True)
    method_label = models.CharField(max_length=60, blank=True, help_text="For people: Visa ending in 4242.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "provider"], name="customer_once_at_a_provider"),
            models.UniqueConstraint(fields=["provider", "customer_id"], name="customer_is_one_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} at {self.provider}"


class MethodSetup(models.Model):
    """A provider's page on which an owner leaves a way of paying, for charges without them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="method_setups")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    provider = models.CharField(max_length=16)
    checkout_id = models.CharField(max_length=120, blank=True)
    checkout_url = models.URLField(max_length=2_000, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "checkout_id"],
                condition=~Q(checkout_id=""),
                name="method_setup_has_its_own_page",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} at {self.provider}"

    def get_absolute_url(self) -> str:
        """The page on which the owner comes back."""
        return f"/credits/methods/{self.pk}/"


class Payment(models.Model):
    """Money in: for a pack, a pack that was bought by itself, or a subscription's bill."""

    class Purpose(models.TextChoices):
        PACK = "pack", "credits"
        RECHARGE = "recharge", "automatic top-up"
        BILL = "bill", "plan"

    class Status(models.TextChoices):
        CREATED = "created", "started"
        PENDING = "pending", "on its way"
        PAID = "paid", "paid"
        FAILED = "failed", "failed"
        EXPIRED = "expired", "not finished"

    FINAL: ClassVar = (Status.PAID, Status.FAILED, Status.EXPIRED)
    OTHER_AMOUNT: ClassVar = "other_amount"
    """The code of one for which another amount came in than was asked for: a person settles it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="payments")
    member = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="payments", help_text="Who paid."
    )
    provider = models.CharField(max_length=16)
    purpose = models.CharField(max_length=8, choices=Purpose)
    pack = models.ForeignKey(Pack, models.PROTECT, null=True, blank=True, related_name="payments")
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, blank=True, related_name="payments")
    bill_id = models.CharField(max_length=120, blank=True, help_text="The provider's bill of a subscription.")
    amount_credits = models.PositiveIntegerField(help_text="What it buys; a plan's credits are given apart.")
    net_cents = models.PositiveIntegerField()
    tax_cents = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.CREATED)
    checkout_id = models.CharField(max_length=120, blank=True)
    checkout_url = models.URLField(max_length=2_000, blank=True)
    capture_id = models.CharField(max_length=120, blank=True, help_text="The provider's id of the money.")
    code = models.CharField(max_length=60, blank=True, help_text="The provider's word where it failed.")
    says = models.CharField(max_length=300, blank=True, help_text="Where it failed, for the buyer.")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When the provider was last asked.")
    paid_at = models.DateTimeField(null=True, blank=True)
    journal = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="payment")
    instead_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counted_as",
        help_text="What was asked for, where another amount came in and a person had it counted as this.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "capture_id"], condition=~Q(capture_id=""), name="payment_captured_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "checkout_id"],
                condition=~Q(checkout_id=""),
                name="payment_has_its_own_checkout",
            ),
            models.UniqueConstraint(
                fields=["provider", "bill_id"], condition=~Q(bill_id=""), name="bill_is_paid_once"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(purpose="recharge", status__in=["created", "pending"]),
                name="recharge_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", journal__isnull=False, paid_at__isnull=False) & ~Q(capture_id="")
                | ~Q(status="paid") & Q(journal=None, paid_at=None),
                name="payment_is_posted_when_paid",
            ),
            models.CheckConstraint(
                condition=Q(
                    purpose__in=["pack", "recharge"], pack__isnull=False, subscription=None, amount_credits__gt=0
                )
                | Q(purpose="bill", pack=None, subscription__isnull=False, amount_credits=0) & ~Q(bill_id=""),
                name="payment_buys_one_thing",
            ),
            models.CheckConstraint(condition=Q(net_cents__gt=0), name="payment_is_of_something"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="payment_history"),
            models.Index(
                fields=["created_at"], condition=Q(status__in=["created", "pending"]), name="payment_not_final"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.total_cents / 100:.2f} USD"

    def get_absolute_url(self) -> str:
        """The page that says what became of it, where the buyer comes back."""
        return f"/credits/payments/{self.pk}/"

    @property
    def total_cents(self) -> int:
        """US cents, tax included."""
        return self.net_cents + self.tax_cents

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL

    @property
    def waits_for_a_person(self) -> bool:
        """Whether another amount came in, and nobody has settled it."""
        return self.code == self.OTHER_AMOUNT and self.status != self.Status.PAID and bool(self.capture_id)

    @property
    def is_recharge(self) -> bool:
        """Whether it was made without the buyer."""
        return self.purpose == self.Purpose.RECHARGE


class Refund(models.Model):
    """Money that goes back: asked for by us, or made at the provider's own desk."""

    class Status(models.TextChoices):
        ASKED = "asked", "asked for"
        PENDING = "pending", "on its way"
        SUCCEEDED = "succeeded", "refunded"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_credits = models.PositiveIntegerField()
    net_cents = models.PositiveIntegerField()
    tax_cents = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=9, choices=Status, default=Status.ASKED)
    refund_id = models.CharField(max_length=120, blank=True, help_text="The provider's.")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Nobody: made at the provider's."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True, help_text="The provider's word where it failed.")
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    set_aside = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="+")
    settled = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund_id"], condition=~Q(refund_id=""), name="refund_once"),
            models.CheckConstraint(
                condition=Q(status__in=["succeeded", "failed"], closed_at__isnull=False)
                | Q(status__in=["asked", "pending"], closed_at=None),
                name="refund_is_closed_when_final",
            ),
            models.CheckConstraint(
                condition=Q(asked_by=None) | Q(set_aside__isnull=False),
                name="refund_is_set_aside_before_it_is_asked",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded") | Q(settled__isnull=False), name="refund_is_posted_when_made"
            ),
        ]

    def __str__(self) -> str:
        return f"{(self.net_cents + self.tax_cents) / 100:.2f} USD back"


class Dispute(models.Model):
    """A buyer's bank takes a payment back; while it is open the credits are gone, and the plan stands still."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        WON = "won", "won"
        LOST = "lost", "lost"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=120, help_text="The provider's.")
    status = models.CharField(max_length=4, choices=Status, default=Status.OPEN)
    amount_cents = models.PositiveIntegerField()
    amount_credits = models.PositiveIntegerField(default=0, help_text="What was taken back, or is owed.")
    fee_cents = models.PositiveIntegerField(default=0, help_text="Booked with the provider's line of it.")
    reason = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    clawed_back = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="+")
    closed = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "dispute_id"], name="dispute_once"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | ~Q(status="open") & Q(closed_at__isnull=False),
                name="dispute_is_closed_when_final",
            ),
            models.CheckConstraint(
                condition=Q(clawed_back__isnull=False, status="open", closed=None)
                | Q(clawed_back__isnull=False, closed__isnull=False, status__in=["won", "lost"])
                | Q(clawed_back=None, closed=None, status="won"),
                name="dispute_is_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents / 100:.2f} USD disputed: {self.reason}"
