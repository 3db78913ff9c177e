"""The same request twice is done once: what a caller's ``Idempotency-Key`` was answered is kept for a day.

The answer is written in the transaction of everything that the request did, so either both are there or neither: a
process that is killed half-way leaves nothing behind, and the same key can be tried again. Only what was done is
kept: a refusal changed nothing, so the same key is judged anew.

While a request runs, an advisory lock stands for its key. It ends with the transaction, whatever becomes of us.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.db import connection

from aiqleads.core import transactions
from aiqleads.core.clock import Now
from aiqleads.core.models import StoredReply
from aiqleads.core.personal_data import keyed_hash
from aiqleads.core.refusals import Refusal

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
LONGEST_KEY: Final = 80
PATTERN: Final = "^[!-~]([ -~]*[!-~])?$"
KEPT_FOR: Final = timedelta(hours=24)
_LOCKED: Final = "SELECT pg_try_advisory_xact_lock(%s)"


class KeyReused(Refusal):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    remedy = "Send this request under a key that was never used."


class KeyInUse(Refusal):
    """A request with this key is running at this moment."""

    status = HTTPStatus.CONFLICT
    code = "idempotency_key_in_use"
    remedy = "Wait as long as `Retry-After` says, then send the same request under the same key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered. ``body`` is JSON."""

    status: int
    body: str
    is_replayed: bool = False


def once(*, actor: str, key: str, asked: str, answer: Callable[[], Reply]) -> Reply:
    """Do what ``answer`` does, in one transaction with keeping its reply; or give the reply that is kept.

    Services that ``answer`` calls join the transaction. It may be run again after a deadlock.

    :param actor: whose key it is: the same key of another is another
    :param asked: all of the request that makes it this one
    :raises KeyReused: the key was used for another request within ``KEPT_FOR``
    :raises KeyInUse: the first request with it has not been answered yet
    """
    with transactions.joined():
        return _once(actor, key, keyed_hash(f"{actor}\0{asked}", purpose="idempotency"), answer)


@transactions.write
def _once(actor: str, key: str, fingerprint: str, answer: Callable[[], Reply]) -> Reply:
    _lock(actor, key)
    kept = recall(actor=actor, key=key, fingerprint=fingerprint)
    if kept:
        return kept
    reply = answer()
    keep(actor=actor, key=key, fingerprint=fingerprint, reply=reply)
    return reply


def recall(*, actor: str, key: str, fingerprint: str) -> Reply | None:
    """The reply that is kept. Joins the caller's transaction, which has a lock for the key or its actor.

    :raises KeyReused: it is one to another request
    """
    stored = StoredReply.objects.filter(actor=actor, key=key, stored_at__gt=Now() - KEPT_FOR).first()
    if stored is None:
        return None
    if stored.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new one.")
    return Reply(status=stored.status, body=stored.body or "", is_replayed=True)


def keep(*, actor: str, key: str, fingerprint: str, reply: Reply) -> None:
    """Keep a reply, in the place of one that is older than ``KEPT_FOR``. Joins the caller's transaction."""
    transactions.require_transaction()
    StoredReply.objects.bulk_create(
        [StoredReply(actor=actor, key=key, fingerprint=fingerprint, status=reply.status, body=reply.body)],
        update_conflicts=True,
        unique_fields=["actor", "key"],
        update_fields=["fingerprint", "status", "body", "stored_at"],
    )


@transactions.write
def forget_old() -> int:
    """Delete the replies that nobody is given any more; return how many there were."""
    return StoredReply.objects.filter(stored_at__lte=Now() - KEPT_FOR).delete()[0]


@transactions.write
def forget_mentioning(text: str) -> int:
    """Delete the replies that ``text`` (an id) stands in; return how many there were. Reads all of a day's."""
    found = [row.pk for row in StoredReply.objects.iterator() if text in (row.body or "")]
    return StoredReply.objects.filter(pk__in=found).delete()[0]


def fingerprint_of(told: Any) -> str:
    """One text for what JSON holds; the same whatever the order of its members."""
    return json.dumps(told, sort_keys=True, default=str)


def _lock(actor: str, key: str) -> None:
    digest = hashlib.sha256(f"idempotency\0{actor}\0{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [int.from_bytes(digest[:8], "big", signed=True)])
        if not cursor.fetchone()[0]:
            says = "The first request with this Idempotency-Key is still running. Ask again in a moment."
            raise KeyInUse(says, retry_after_seconds=1)
