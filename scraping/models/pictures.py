"""Which adverts' pictures are still to be looked at, and how those that were looked at answered."""

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField, KeyedHashField
from leads.models import Observation, Source


class AdvertPictures(models.Model):
    """The first pictures of one sighting. Their addresses are kept only until somebody has looked at them."""

    observation = models.OneToOneField(Observation, models.CASCADE, primary_key=True, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, related_name="+", db_index=False)
    addresses = EncryptedJSONField(null=True, help_text="Where they are; empty once they were looked at.")
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "advert pictures"
        indexes = [
            models.Index(fields=["source", "noted_at"], name="pictures_due", condition=Q(addresses__isnull=False))
        ]

    def __str__(self) -> str:
        return f"pictures of a sighting of {self.source_id}"


class PictureMemory(models.Model):
    """How one picture looked last, so that its site need not send it again while it is the same."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    address_hash = KeyedHashField(purpose="picture", stays="A picture is fetched once more.")
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=40, blank=True)
    bits = models.BigIntegerField(null=True, help_text="Its look (leads.images); empty where it shows nothing.")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "picture memories"
        constraints = [models.UniqueConstraint(fields=["source", "address_hash"], name="one_memory_per_picture")]

    def __str__(self) -> str:
        return f"a picture of {self.source_id}"
