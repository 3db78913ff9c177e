"""A purchase that a colleague may read who may not read all."""

from django.db import models
from guardian.models import UserObjectPermissionBase

from accounts.models import Membership
from aiqleads.core.clock import Now
from marketplace.models.purchases import Purchase


class PurchaseShare(UserObjectPermissionBase):
    """That ``user`` may read one purchase of their organisation: ``permission`` is to view it, and no other.

    Written once; taken back by deleting it. Triggers keep it within the organisation and end it when one of the two
    leaves. A row of django-guardian, which answers ``user.has_perm("marketplace.view_purchase", purchase)`` by it.
    """

    content_object = models.ForeignKey(
        Purchase, models.PROTECT, related_name="shares", db_column="purchase_id", verbose_name="purchase"
    )
    shared_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    shared_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_object", "user"], name="shared_once")]
        indexes = [models.Index(fields=["user"], name="shared_with")]

    def __str__(self) -> str:
        return f"{self.user} may read {self.content_object_id}"
