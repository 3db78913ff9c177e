"""Those who send homes in themselves: owners, buyers and suppliers."""

import uuid

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField, KeyedHashField
from leads.models import ConsentText, Source


class Submission(models.Model):
    """What a homeowner or a buyer sent in. It is nothing but a row here until they confirm it, as they chose to.

    Unconfirmed, it is deleted after ``CONFIRM_WITHIN``; confirmed, its answers move to the lead's own record.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits to be confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class ConfirmBy(models.TextChoices):
        EMAIL = "email", "By e-mail"
        PHONE = "phone", "By text message"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="submissions")
    consent_text = models.ForeignKey(ConsentText, models.PROTECT, related_name="submissions")
    language = models.CharField(max_length=5)
    agents = models.PositiveSmallIntegerField()
    email = EncryptedTextField(null=True)
    email_hash = KeyedHashField(purpose="email", of="scraping.rekeying.email", reads=["email"], db_index=True)
    confirm_by = models.CharField(max_length=5, choices=ConfirmBy, default=ConfirmBy.EMAIL)
    phone = EncryptedTextField(null=True, help_text="Where the code goes, E.164; only of those who chose that.")
    answers = EncryptedJSONField(null=True, help_text="What they wrote, and how they gave their consent.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agents__range=(1, 3)), name="submission_names_one_to_three_agents")
        ]
        indexes = [models.Index(fields=["sent_at"], name="submission_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.source} of {self.sent_at:%Y-%m-%d}"


class PhoneCode(models.Model):
    """One code that somebody asked for by text message. The newest of a submission counts.

    No row holds the code: it is made when it is sent, and kept as a keyed hash.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="codes")
    number_hash = KeyedHashField(purpose="phone_code.number", stays="Counts the codes of one day.")
    code_hash = KeyedHashField(purpose="phone_code", blank=True, stays="A code lasts for minutes.")
    asked_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    is_undeliverable = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["number_hash", "asked_at"], name="phone_code_number"),
            models.Index(fields=["asked_at"], name="phone_code_asked"),
        ]

    def __str__(self) -> str:
        return f"code asked for at {self.asked_at:%Y-%m-%d %H:%M}"


class SupplierKey(models.Model):
    """What lets a partner's system send leads of one source. The key itself was shown once and is kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="supplier_keys")
    name = models.CharField(max_length=80, help_text="Whose system uses it.")
    beginning = models.CharField(max_length=12, help_text="Its first characters, to know it by.")
    key_hash = KeyedHashField(
        purpose="supplier_key",
        unique=True,  # made anew under the newest key when it is used
    )
    issued_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "supplier's key", "suppliers' keys"

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"
