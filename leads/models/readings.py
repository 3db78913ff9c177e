"""What was read from adverts' texts, and by whom."""

import uuid

from django.db import models

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import KeyedHashField
from leads.models.lead import Observation


class Reading(models.Model):
    """What one reader took from one advert's text: facts of the closed catalogue, and where they stand in it.

    The same text is read once by the same recipe, in whichever sighting it was met first. No word of the advert is
    kept but the few that a reason quotes. Written once; erased with its lead.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="readings")
    text_hash = KeyedHashField(
        purpose="advert_text",
        of="leads.rekeying.read_text",
        stays="The text is read once more.",
        help_text="Keyed hash of title and description.",
    )
    recipe = models.CharField(max_length=60, help_text="Which prompt or rules, over which catalogue.")
    role = models.CharField(max_length=40, help_text='Such as "primary reader".')
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80, help_text="What answered, as its provider calls it.")
    call_id = models.UUIDField(null=True, blank=True, help_text="The line of the ledger that paid for it.")
    passages = models.JSONField(default=list, help_text="[{topic, name, quote, start, end}]")
    read_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["text_hash", "recipe"], name="text_read_once"),
            models.CheckConstraint(
                condition=~models.Q(text_hash="") & ~models.Q(model=""), name="reading_names_text_and_reader"
            ),
        ]
        indexes = [models.Index(fields=["recipe", "-read_at"], name="reading_recent")]

    def __str__(self) -> str:
        return f"{self.role}: {self.model}"
