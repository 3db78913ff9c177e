"""What a user proves themselves with beside the password: an app's codes, recovery codes, passkeys.

Each is a device of django-otp, whose middleware reads of the session which one its user showed.
"""

import hmac
from datetime import datetime
from typing import Final

from django.db import models
from django_otp.models import Device

from accounts import one_time
from accounts.models.people import User
from aiqleads.core import clock
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField, KeyedHashField, keyed_hashes

RECOVERY_PURPOSE: Final = "recovery_code"


class SecondFactor(Device):  # type: ignore[misc]
    """What all of them share. Wrong codes are counted for each, and for the user in ``Guesses``."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    wrong = models.PositiveIntegerField(default=0)
    last_wrong_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    def note_wrong(self, now: datetime) -> None:
        """Count a wrong code. Joins the caller's transaction, under a lock."""
        self.wrong, self.last_wrong_at = self.wrong + 1, now
        self.save(update_fields=["wrong", "last_wrong_at"])


class Authenticator(SecondFactor):
    """An app on somebody's telephone that shows six digits, others every half minute. Confirmed by the first ones.

    ``last_step`` is the half minute whose digits were last taken: neither they nor older ones are taken again.
    """

    seed = EncryptedTextField()
    last_step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator_each"),
        ]

    def verify_token(self, token: str) -> bool:
        """Take the digits of now, or of half a minute around. Joins the caller's transaction, under a lock."""
        now = clock.now()
        step = one_time.matching_step(self.seed or "", token, at=now, after=self.last_step)
        if step is None:
            self.note_wrong(now)
            return False
        self.last_step, self.last_used_at, self.wrong, self.last_wrong_at = step, now, 0, None
        self.save(update_fields=["last_step", "last_used_at", "wrong", "last_wrong_at"])
        return True


class RecoveryCodes(SecondFactor):
    """A sheet of codes for whoever lost their telephone; each opens once."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="one_sheet_of_codes_each")]
        verbose_name = verbose_name_plural = "recovery codes"

    def verify_token(self, token: str) -> bool:
        """Use up the code that was typed. Joins the caller's transaction, under a lock."""
        now = clock.now()
        hashes = keyed_hashes(one_time.as_typed(token), purpose=RECOVERY_PURPOSE)
        left = self.codes.filter(used_at=None)
        code = next((one for one in left if any(hmac.compare_digest(one.code_hash, own) for own in hashes)), None)
        if code is None:
            self.note_wrong(now)
            return False
        code.used_at = now
        code.save(update_fields=["used_at"])
        self.last_used_at, self.wrong, self.last_wrong_at = now, 0, None
        self.save(update_fields=["last_used_at", "wrong", "last_wrong_at"])
        return True


class RecoveryCode(models.Model):
    """One code of a sheet, as a keyed hash: it was shown once."""

    sheet = models.ForeignKey(RecoveryCodes, models.CASCADE, related_name="codes")
    code_hash = KeyedHashField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "code_hash"], name="recovery_code_once")]

    def __str__(self) -> str:
        return "used" if self.used_at else "unused"


class Passkey(SecondFactor):
    """A key pair in somebody's telephone, computer or security key; the private half never leaves it."""

    credential_id = models.BinaryField()
    credential_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of ``credential_id``.")
    public_key = models.BinaryField()
    signatures = models.PositiveBigIntegerField(
        default=0, help_text="How many the key says that it made; 0 untold."
    )
    transports = models.JSONField(default=list)

    def verify_token(self, token: str) -> bool:
        """No code is a passkey's."""
        return False
