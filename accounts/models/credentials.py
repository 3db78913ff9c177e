"""What proves who asks outside a browser: log-ins of programs with their refresh tokens, and personal API keys."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.organisations import Membership
from accounts.models.people import User
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import KeyedHashField


class Scope(models.TextChoices):
    """What an API key is for. A member's own log-in may do all of it."""

    READ = "read", "See leads, the cart and purchases"
    HOLD = "hold", "Hold leads and wait for them"
    BUY = "buy", "Buy what is held"
    CONTACTS = "contacts", "See owners' contacts"
    MANAGE = "manage", "Change settings"


class ApiSession(models.Model):
    """One log-in of a program: a family of refresh tokens, of which only the last one is good.

    A user whose password changes or who is suspended has theirs ended by trigger, whoever changed it.
    """

    class Ending(models.TextChoices):
        LOGGED_OUT = "logged_out", "Logged out"
        REVOKED = "revoked", "Ended on the account page"
        REUSED = "reused", "A used refresh token came again"
        PASSWORD_CHANGED = "password_changed", "The password changed"
        SUSPENDED = "suspended", "The log-in was suspended"
        SECOND_FACTOR_CHANGED = "second_factor_changed", "Two-step verification changed"
        LEFT = "left", "The member left the organisation"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_sessions")
    client = models.CharField(max_length=80, blank=True, help_text="As the program calls itself.")
    refresh_id = models.UUIDField(default=uuid.uuid4, help_text="The refresh token that is good now.")
    previous_refresh_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    refreshed_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(help_text="When its last refresh token ends.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=24, blank=True, choices=Ending)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="api_session_ends_for_a_reason",
            )
        ]
        indexes = [models.Index(fields=["user", "-refreshed_at"], name="api_session_of_user")]

    def __str__(self) -> str:
        return self.client or "A program"


class ApiKey(models.Model):
    """A member's key for a program of theirs. A keyed hash of its text is kept, and its first letters."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=8, unique=True)
    key_hash = KeyedHashField(purpose="api_key")  # made anew under the newest key when it is used
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope))
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & Q(scopes__len__gt=0), name="api_key_scopes_known"
            ),
        ]
        indexes = [models.Index(fields=["membership", "-created_at"], name="api_key_of_member")]

    def __str__(self) -> str:
        return self.name
