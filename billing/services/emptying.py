"""Letting go of what providers' messages say: it names buyers, and nothing is read of it once it was verified."""

from collections.abc import Collection
from uuid import UUID

from aiqleads.core import transactions
from aiqleads.core.clock import Now
from billing import selectors


def empty_messages(message_ids: Collection[UUID]) -> int:
    """Take what they say away for good; return of how many. Each is worked as before: its object is looked at.

    Joins the caller's transaction.
    """
    transactions.require_transaction()
    rows = selectors.messages_that_say_something().filter(pk__in=message_ids)
    locked = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    return rows.filter(pk__in=locked).update(raw=b"", headers={}, emptied_at=Now())
