"""What the sandbox that takes make-believe money remembers: a provider's memory, which nobody else reads."""

from django.db import models

from aiqleads.core.clock import Now


class SandboxObject(models.Model):
    """Anything that the sandbox keeps: a checkout, a payment, a subscription; by its id."""

    class Kind(models.TextChoices):
        REQUEST = "request"
        CUSTOMER = "customer"
        METHOD = "method"
        PRICE = "price"
        CHECKOUT = "checkout"
        PORTAL = "portal"
        PAYMENT = "payment"
        REFUND = "refund"
        DISPUTE = "dispute"
        SUBSCRIPTION = "subscription"
        BILL = "bill"
        MOVEMENT = "movement"

    id = models.CharField(primary_key=True, max_length=160)
    kind = models.CharField(max_length=12, choices=Kind)
    owner = models.CharField(max_length=160, blank=True, help_text="The object that it belongs to.")
    data = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["kind", "owner", "created_at"], name="sandbox_objects_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class SandboxEvent(models.Model):
    """What happened in the sandbox, and whether our inbox has heard of it."""

    id = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=12)
    object_id = models.CharField(max_length=160)
    occurred_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["occurred_at"], name="sandbox_events_since"),
            models.Index(
                fields=["occurred_at"], condition=models.Q(delivered_at=None), name="sandbox_events_unsent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.object_id}"
