"""What owners and buyers agreed to when they sent themselves in."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.personal_data import EncryptedJSONField
from leads.models.lead import Observation


class ConsentText(models.Model):
    """The words that somebody agreed to, in one version and language. Written once; new words are a new version."""

    class Purpose(models.TextChoices):
        SELL = "sell", "Selling a home"
        BUY = "buy", "Looking for a home"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=4, choices=Purpose)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    text = models.TextField()
    in_force_from = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version", "language"], name="consent_text_once")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.version} ({self.language})"


class Consent(models.Model):
    """That somebody agreed to be contacted, as one observation carries it. Written once.

    ``agents`` limits how many copies of the lead may ever exist and be sold (guards of the marketplace).
    """

    observation = models.OneToOneField(Observation, models.PROTECT, primary_key=True, related_name="consent")
    text_version = models.CharField(max_length=40)
    language = models.CharField(max_length=5, blank=True)
    given_at = models.DateTimeField()
    channels = ArrayField(models.CharField(max_length=5), help_text="call, text, email")
    agents = models.PositiveSmallIntegerField()
    proof = EncryptedJSONField(null=True, help_text="Where and how it was given: address, page, browser.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agents__range=(1, 3)), name="consent_names_one_to_three_agents")
        ]

    def __str__(self) -> str:
        return f"consent {self.text_version} for {self.agents}"
