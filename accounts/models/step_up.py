"""What stands behind proving once more who one is: codes sent by e-mail, and the count of wrong guesses."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q

from accounts.models.people import User
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import KeyedHashField

TRIES: Final = 5


class StepUpCode(models.Model):
    """One code that a user asked for by e-mail. The newest of a user counts, once.

    No row holds the code: it is made when it is sent, and kept as a keyed hash.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="step_up_codes")
    code_hash = KeyedHashField(purpose="step_up_code", blank=True, stays="A code lasts for minutes.")
    asked_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(wrong_tries__lte=TRIES), name="step_up_code_tried_five_times"),
        ]
        indexes = [models.Index(fields=["user", "asked_at"], name="step_up_code_newest")]

    def __str__(self) -> str:
        return f"code asked for at {self.asked_at:%Y-%m-%d %H:%M}"


class Guesses(models.Model):
    """How often in a row a user's password or code was wrong where it was asked for once more."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="guesses")
    wrong = models.PositiveIntegerField(default=0)
    last_wrong_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "guesses"

    def __str__(self) -> str:
        return f"{self.wrong} wrong"
