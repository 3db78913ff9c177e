"""Where an organisation has deliveries sent besides its own pages: its webhooks, its CRM, its mailboxes."""

import uuid
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField
from marketplace.querysets import ReceiverQuerySet

MOST_RECEIVERS: Final = 10
"""How many webhooks an organisation may keep at a time."""


class DeliveryEvent(models.TextChoices):
    """What is delivered; the words are what receivers read as ``type``."""

    PURCHASED = "lead.purchased", "A lead is bought: contact and passport"
    RETURN_DECIDED = "return.decided", "A return is decided, or a purchase credited"
    PRICE_DROPPED = "lead.price_dropped", "A lead on a watchlist costs less"
    HOLD_ENDED = "hold.ended", "A hold ended without a purchase"
    TEST = "webhook.test", "A test"


CHOSEN_EVENTS: Final = [choice for choice in DeliveryEvent.choices if choice[0] != DeliveryEvent.TEST]
"""What a webhook may be told of; a test is sent by hand."""


class Receiver(models.Model):
    """A webhook or a Follow Up Boss account. One that was removed stays as a row without address and secret.

    ``secret`` signs a webhook's messages, or is the CRM's key. ``failures`` counts batches in a row that it did not
    take; while it rests nothing is tried, so that one receiver that is away costs the others nothing.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        FOLLOW_UP_BOSS = "follow_up_boss", "Follow Up Boss"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="receivers")
    kind = models.CharField(max_length=16, choices=Kind)
    host = models.CharField(max_length=253, help_text="The part of the address that is no secret.")
    url = EncryptedTextField(null=True, help_text="Whole addresses may hold keys.")
    secret = EncryptedTextField(null=True)
    old_secret = EncryptedTextField(null=True, help_text="Signs beside the new one until it ends.")
    old_secret_until = models.DateTimeField(null=True)
    events = ArrayField(models.CharField(max_length=24, choices=DeliveryEvent), default=list)
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=120, blank=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Membership, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True)

    objects = ReceiverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["webhook", "follow_up_boss"]), name="receiver_kind_known"),
            models.CheckConstraint(
                condition=Q(removed_at=None, secret__isnull=False)
                | Q(removed_at__isnull=False, url=None, secret=None, old_secret=None, is_on=False),
                name="removed_receiver_keeps_no_secret",
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(kind="follow_up_boss", removed_at=None),
                name="one_crm_account_each",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "made_at"], name="receiver_of_organisation")]

    def __str__(self) -> str:
        return self.host

    @property
    def is_failing(self) -> bool:
        """Whether it did not take what it was sent last."""
        return self.is_on and self.failures > 0


class DeliveryChoice(models.Model):
    """Whether an organisation has bought leads mailed to the member who bought; without a row it has."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="+")
    is_mailed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.organisation}: {'letters' if self.is_mailed else 'no letters'}"
