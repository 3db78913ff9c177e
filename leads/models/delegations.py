"""A source that one operator looks after who is no curator of all."""

from django.conf import settings
from django.db import models
from guardian.models import UserObjectPermissionBase

from aiqleads.core.clock import Now
from leads.models.sources import Source


class SourceDelegation(UserObjectPermissionBase):
    """That an operator works on the screens of one source, and on its leads in the queue, and on nothing else.

    Written once; taken back by deleting it. A row of django-guardian, which answers
    ``user.has_perm("leads.change_source", source)`` by it.
    """

    content_object = models.ForeignKey(
        Source, models.CASCADE, related_name="delegations", db_column="source_id", verbose_name="source"
    )
    delegated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    delegated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_object", "user"], name="delegated_once")]
        indexes = [models.Index(fields=["user"], name="delegated_to")]

    def __str__(self) -> str:
        return f"{self.user} looks after {self.content_object_id}"
