"""The organisations that buy, their members, and what an organisation is entitled to."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.models.people import User
from aiqleads.core.clock import Now


class Organisation(models.Model):
    """The buyer in every rule: an agent alone, or a brokerage of many."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class CurrentMembers(models.Manager["Membership"]):
    """Those who are in an organisation now. What they did as members still names those who left."""

    def get_queryset(self) -> models.QuerySet["Membership"]:
        return super().get_queryset().filter(left_at=None)


class Membership(models.Model):
    """A user's place in an organisation; the member who acts is recorded beside the organisation that buys.

    Who leaves keeps the row, as what they did refers to it: a viewer, so that no guard lets them act, whom
    ``objects`` does not find.
    """

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        BUYER = "buyer", "Buyer"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.OWNER)
    cap_credits = models.PositiveIntegerField(
        null=True, blank=True, help_text="What they may spend in a calendar month (UTC); nothing said, anything."
    )
    created_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CurrentMembers()
    ever: ClassVar[models.Manager["Membership"]] = models.Manager()
    """Those who left as well."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "buyer", "viewer"]), name="membership_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(left_at=None) | models.Q(role="viewer"), name="who_left_may_not_act"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(left_at=None), name="member_of_one_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"

    @property
    def is_buyer(self) -> bool:
        """Whether this member may hold and buy; viewers may only look."""
        return self.role != self.Role.VIEWER


class Entitlement(models.Model):
    """One number that an organisation's plan grants, until a moment or for good."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="entitlements")
    key = models.CharField(max_length=40)
    value = models.IntegerField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="entitlement_once")]
        indexes = [
            models.Index(
                fields=["value"],
                name="entitlement_early",
                condition=models.Q(key="early_minutes", value__gt=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
