"""Write the audit trail, in the caller's transaction. Where it comes from is what ``origins`` says."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from django.db import connection, models

from aiqleads.core import origins
from aiqleads.core.models import AuditEntry
from aiqleads.core.personal_data import keyed_hash, keyed_hashes

RECORD: Final = """
INSERT INTO core_auditentry
    (id, actor_id, action, subject, details, door, network, address_hash, agent, request_id)
VALUES (gen_random_uuid(), %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s)
"""
TYPED: Final = "log_in.typed"
"""What stands before the hash of what was typed; no model is called so."""


def record(*, actor_id: int | None, action: str, subject: models.Model, **details: Any) -> None:
    """Note that ``actor_id`` (None: the system) did ``action`` to ``subject``. Joins the caller's transaction."""
    record_about(actor_id=actor_id, action=action, subject=_name(subject), **details)


def record_each(*, actor_id: int | None, action: str, subjects: Iterable[models.Model]) -> None:
    """The same for many rows at once. Joins the caller's transaction."""
    came_from = asdict(origins.current())
    AuditEntry.objects.bulk_create(
        AuditEntry(actor_id=actor_id, action=action, subject=_name(subject), **came_from) for subject in subjects
    )


def record_about(*, actor_id: int | None, action: str, subject: str, **details: Any) -> None:
    """Note what was done to something that is no row, such as a keyring. Joins the caller's transaction.

    :param subject: ``area.thing:name``, which is no model's label
    """
    here = origins.current()
    came_from = (here.door, here.network, here.address_hash, here.agent, here.request_id)
    with connection.cursor() as cursor:  # at every log-in and every look at a contact
        cursor.execute(RECORD, [actor_id, action, subject, json.dumps(details), *came_from])


def typed(address: str) -> str:
    """The subject of an entry about an e-mail address that somebody typed: its keyed hash, whoever it is."""
    return f"{TYPED}:{keyed_hash(_comparable(address), purpose=TYPED)}"


def all_typed(address: str) -> list[str]:
    """What entries about this address may be about, under every key."""
    return [f"{TYPED}:{hashed}" for hashed in keyed_hashes(_comparable(address), purpose=TYPED)]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → [old, new] for what differs, as ``details`` of an entry. Values are such as JSON knows."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}


def _comparable(address: str) -> str:
    return address.strip().lower()


def _name(subject: models.Model) -> str:
    return f"{subject._meta.label_lower}:{subject.pk}"
