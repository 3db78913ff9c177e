"""Those who were asked to join an organisation."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.organisations import Membership, Organisation
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import KeyedHashField


class Invitation(models.Model):
    """That an address was asked to join. Good for one person, once, for seven days; it takes a seat meanwhile.

    Its link is known to its letter alone: here is a keyed hash of what the link holds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(help_text="In small letters.")
    role = models.CharField(max_length=10, choices=Membership.Role)
    invited_by = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    token_hash = KeyedHashField(null=True, unique=True, editable=False)
    asked_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Membership, models.CASCADE, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["buyer", "viewer"]), name="invited_to_no_ownership"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_is_small"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None, accepted_by__isnull=False),
                name="invitation_ends_in_one_way",
            ),
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invited_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation to {self.organisation}"
