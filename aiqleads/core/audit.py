"""Write the audit trail, in the caller's transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from aiqleads.core.models import AuditEntry


def record(*, actor_id: int | None, action: str, subject: models.Model, **details: Any) -> None:
    """Note that ``actor_id`` (None: the system) did ``action`` to ``subject``. Joins the caller's transaction."""
    AuditEntry.objects.create(
        actor_id=actor_id, action=action, subject=f"{subject._meta.label_lower}:{subject.pk}", details=details
    )


def record_each(*, actor_id: int | None, action: str, subjects: Iterable[models.Model]) -> None:
    """The same for many rows at once. Joins the caller's transaction."""
    AuditEntry.objects.bulk_create(
        AuditEntry(actor_id=actor_id, action=action, subject=f"{subject._meta.label_lower}:{subject.pk}")
        for subject in subjects
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → [old, new] for what differs, as ``details`` of an entry. Values are such as JSON knows."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}
