"""Telephones that members want to be told on."""

import uuid

from django.db import models

from accounts.models import Membership
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField, KeyedHashField


class Device(models.Model):
    """One app on one telephone, by the token that the push service knows it by. A token belongs to one member."""

    class Platform(models.TextChoices):
        ANDROID = "android", "Android"
        IOS = "ios", "iOS"
        WEB = "web", "Browser"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="devices")
    token = EncryptedTextField()
    token_hash = KeyedHashField(purpose="push token", of="marketplace.rekeying.token", reads=["token"], unique=True)
    platform = models.CharField(max_length=7, choices=Platform)
    name = models.CharField(max_length=60, blank=True, help_text="As its owner calls it.")
    registered_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["membership", "-registered_at"], name="device_newest")]

    def __str__(self) -> str:
        return self.name or self.get_platform_display()
