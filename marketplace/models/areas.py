"""Where organisations say that they work."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now


class WorkArea(models.Model):
    """Where an organisation said that it works, from a moment on. Written once; the newest counts.

    What was bought before it was stated is judged by the one before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="work_areas")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    zip_prefixes = ArrayField(models.CharField(max_length=5), help_text="ZIP codes, or how they begin.")
    stated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "-stated_at"], name="work_area_newest")]

    def __str__(self) -> str:
        return ", ".join(self.zip_prefixes)

    def holds(self, zip_code: str) -> bool:
        """Whether a ZIP code lies in it."""
        return zip_code.startswith(tuple(self.zip_prefixes))
