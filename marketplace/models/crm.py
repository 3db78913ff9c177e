"""Which leads an organisation has in its own CRM already, as found at one upload. The contacts are not kept."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from marketplace.models.offers import Listing


class CrmUpload(models.Model):
    """One comparison of an organisation's contacts with what was on offer then; it is never made again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="crm_uploads")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    uploaded_on = models.DateField(help_text="UTC; one upload a day.")
    uploaded_at = models.DateTimeField(db_default=Now())
    row_count = models.PositiveIntegerField()
    usable_count = models.PositiveIntegerField(help_text="With an address, and a phone or an e-mail.")
    is_refused = models.BooleanField(default=False, help_text="It looked like guessing, and found nothing.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "uploaded_on"], name="one_crm_upload_a_day"),
            models.CheckConstraint(condition=Q(row_count__lte=20_000), name="crm_upload_is_small"),
        ]
        indexes = [models.Index(fields=["organisation", "-uploaded_at"], name="crm_upload_newest")]

    def __str__(self) -> str:
        return f"{self.row_count} contacts on {self.uploaded_on}"


class CrmMatch(models.Model):
    """An offer whose owner stood in an upload, by address and by phone or e-mail."""

    upload = models.ForeignKey(CrmUpload, models.CASCADE, related_name="matches")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "CRM matches"
        constraints = [models.UniqueConstraint(fields=["upload", "listing"], name="crm_match_once")]
        indexes = [models.Index(fields=["listing", "upload"], name="crm_match_listing")]

    def __str__(self) -> str:
        return f"{self.listing} in {self.upload}"
