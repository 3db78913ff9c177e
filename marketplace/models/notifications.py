"""What members are told, and how each wants to hear of it."""

import uuid

from django.db import models

from accounts.models import Membership
from aiqleads.core.clock import Now
from marketplace.querysets import NotificationQuerySet


class Notification(models.Model):
    """One fact told to one member. ``key`` names the fact, so that nobody is told it twice.

    ``says`` and ``path`` hold what the member may see anyway: the public view of a lead, never a contact.
    """

    class Kind(models.TextChoices):
        PRICE_DROP = "price_drop", "A lead on your watchlist costs less"
        RETURN_DECIDED = "return_decided", "A return of yours is decided"
        OUTCOME_ASKED = "outcome_asked", "We ask what became of a lead"
        CREDITED = "credited", "A purchase is credited, or its home was sold twice"
        TURN = "turn", "Your turn has come for a lead that you wait for"
        ASSIGNED = "assigned", "A lead is assigned to you, or taken from you"
        SHARED = "shared", "A colleague shares a lead with you"
        STANDING_ORDER = "standing_order", "A standing order has bought a lead, or stopped"
        PLAN = "plan", "A step of a plan is due (by e-mail once a morning)"
        SEARCH_MATCH = "search_match", "A saved search has found new leads"
        LICENCE = "licence", "A licence of yours is decided, or runs out"
        CORRECTED = "corrected", "An owner corrected a lead that you hold or bought"
        OBJECTION = "objection", "An owner asked not to be contacted any more"
        DELETION = "deletion", "An owner had a lead deleted that you bought"
        INTENT = "intent", "Leads that waited for a payment are bought, or not"
        RECHARGE = "recharge", "Credits were bought automatically, or could not be"
        DELIVERY_FAILED = "delivery_failed", "A webhook, your CRM or a mailbox did not take a delivery"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=120)
    says = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, help_text="The page that it is about.")
    is_shown = models.BooleanField(default=True, help_text="In the notification centre.")
    is_mailed = models.BooleanField(db_default=True, default=True, help_text="A letter may leave.")
    is_pushed = models.BooleanField(db_default=False, default=False, help_text="To the member's telephones.")
    pushed_at = models.DateTimeField(null=True, blank=True)
    push_retry_at = models.DateTimeField(db_default=Now(), help_text="Not pushed before.")
    push_tries = models.PositiveSmallIntegerField(db_default=0, default=0)
    made_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "key"], name="notified_once"),
            models.CheckConstraint(
                condition=models.Q(path__startswith="/"), name="notification_leads_to_our_pages"
            ),
        ]
        indexes = [
            models.Index(fields=["membership", "-made_at", "-id"], name="notification_newest"),
            models.Index(
                fields=["push_retry_at"],
                name="notification_to_push",
                condition=models.Q(is_pushed=True, pushed_at=None),
            ),
            models.Index(
                fields=["membership"],
                name="notification_unread",
                condition=models.Q(read_at=None, is_shown=True),
            ),
        ]

    def __str__(self) -> str:
        return self.says


class NotificationChoice(models.Model):
    """That a member wants or does not want to hear of one kind of fact in one way; without a row, the default."""

    class Channel(models.TextChoices):
        IN_APP = "in_app", "Here"
        EMAIL = "email", "E-mail"
        PUSH = "push", "Telephone"

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="notification_choices")
    kind = models.CharField(max_length=20, choices=Notification.Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    is_wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "kind", "channel"], name="one_choice_per_channel")
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'yes' if self.is_wanted else 'no'}"
