"""How a listing service is entered and followed, and what its words mean."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.personal_data import EncryptedTextField
from leads.models import Source


class FeedAccess(models.Model):
    """How a feed is entered and what its licence lets us ask for. Without a row: the defaults."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="feed_access")
    token_url = models.URLField(
        blank=True,
        help_text="Where client credentials are changed for a token. Empty: the source's own token is used.",
    )
    client_id = models.CharField(max_length=200, blank=True)
    client_secret = EncryptedTextField(null=True, blank=True)
    scope = models.CharField(max_length=200, blank=True)
    licence_filter = models.CharField(
        max_length=500, blank=True, help_text="What the licence allows to be asked for, in OData's words."
    )
    page_size = models.PositiveSmallIntegerField(default=200, help_text="Records asked for at once.")
    overlap_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How far before the newest change each run looks again, for changes that came late."
    )
    reconcile_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How often every key is compared, so that no deletion is missed."
    )
    has_pictures = models.BooleanField(default=True, help_text="Ask for the pictures' addresses too.")

    def __str__(self) -> str:
        return f"access to {self.source_id}"


class FeedState(models.Model):
    """How far a feed has been followed. Written after the records it speaks of, so that a killed run loses none."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="feed_state")
    modified_until = models.DateTimeField(null=True, help_text="The newest change that is stored.")
    event_sequence = models.BigIntegerField(null=True, help_text="The newest event that is stored.")
    is_loaded = models.BooleanField(default=False, help_text="Everything there was has been read once.")
    reconciled_at = models.DateTimeField(null=True, help_text="When every key was last compared.")
    vanished_ids = ArrayField(
        models.CharField(max_length=255),
        default=list,
        help_text="Deleted by the server, and not yet taken away here.",
    )

    def __str__(self) -> str:
        return f"{self.source_id} until {self.modified_until}"


class StatusRule(models.Model):
    """What a listing service's word for a listing's state means to us."""

    class Meaning(models.TextChoices):
        ACTIVE = "active", "For sale with an agent"
        PENDING = "pending", "Under contract, or on hold, with an agent"
        CLOSED = "closed", "Sold or let"
        EXPIRED = "expired", "Ended unsold: a lead"
        WITHDRAWN = "withdrawn", "Withdrawn by its owner: no lead"
        CANCELED = "canceled", "Canceled: no lead"
        DELETED = "deleted", "Deleted: as if it were not there"
        INCOMPLETE = "incomplete", "A draft: as if it were not there"

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(
        Source, models.CASCADE, null=True, blank=True, related_name="status_rules", help_text="Empty: every source."
    )
    says = models.CharField(max_length=60, help_text="The service's word; case, spaces and signs do not count.")
    word = models.CharField(max_length=60, editable=False, help_text="The same, as it is compared.")
    meaning = models.CharField(max_length=10, choices=Meaning)

    class Meta:
        verbose_name, verbose_name_plural = "status word", "status words"
        constraints = [
            models.UniqueConstraint(fields=["source", "word"], nulls_distinct=False, name="one_meaning_per_word"),
            models.CheckConstraint(
                condition=Q(meaning__in=[
                    "active", "pending", "closed", "expired", "withdrawn", "canceled", "deleted", "incomplete",
                ]),
                name="meaning_known",
            ),
            models.CheckConstraint(condition=~Q(word=""), name="status_rule_says_something"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.says}: {self.meaning}"
