"""Licences to sell homes, by state: what agents wrote down, and what became of it."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q

from accounts import licences
from accounts.models.people import User
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField, KeyedHashField

NUMBER_PURPOSE: Final = "licence"


class Licence(models.Model):
    """One licence as its agent wrote it down: what it says is written once, a correction or renewal is a new row.

    ``number`` is NULL once its person's account is closed. Its last day ends where days end last (by trigger).
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being checked"
        VERIFIED = "verified", "Verified"
        REFUSED = "refused", "Refused"
        EXPIRED = "expired", "Expired"
        REPLACED = "replaced", "Replaced by a later one"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="licences")
    state_code = models.CharField("In", max_length=2, choices=licences.STATES)
    number = EncryptedTextField(null=True, blank=True)
    number_hash = KeyedHashField(
        purpose="licence",
        of="accounts.rekeying.licence_number",
        reads=["state_code", "number"],
        blank=True,
        editable=False,
    )
    expires_on = models.DateField("Last day")
    state = models.CharField("Check", max_length=8, choices=State, default=State.WAITING)
    added_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    checked_with = models.CharField("Checked with", max_length=40, blank=True)
    why = models.CharField("Why", max_length=200, blank=True)
    notices = models.PositiveSmallIntegerField(
        db_default=0, default=0, editable=False, help_text="1 told that it will end, 2 that it has, 3 once more."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "state_code"], name="licence_verified_once", condition=Q(state="verified")
            ),
            models.UniqueConstraint(
                fields=["user", "state_code"], name="licence_waiting_once", condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "verified", "refused", "expired", "replaced"]),
                name="licence_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state_code__in=sorted(licences.STATES)), name="licence_of_a_known_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(why=""), name="licence_refused_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "replaced"]) | Q(checked_at__isnull=False),
                name="licence_checked_at",
            ),
        ]
        indexes = [
            models.Index(fields=["added_at"], name="licence_waits", condition=Q(state="waiting")),
            models.Index(
                fields=["expires_on"], name="licence_ends", condition=Q(state__in=["verified", "expired"])
            ),
            models.Index(fields=["number_hash"], name="licence_number"),
        ]

    def __str__(self) -> str:
        return f"{licences.state_name(self.state_code)} licence of {self.user}"

    @property
    def state_name(self) -> str:
        """ "Texas"."""
        return licences.state_name(self.state_code)
