"""Reads of what providers told us, and of whom their messages name."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from accounts.privacy.people import Person
from billing import message_people
from billing.models import InboxMessage


def messages_that_say_something(before: datetime | None = None) -> QuerySet[InboxMessage]:
    """Those whose contents are still there, of before a moment or of any time."""
    rows = InboxMessage.objects.filter(emptied_at=None).exclude(raw=b"")
    return rows if before is None else rows.filter(received_at__lt=before)


def messages_naming(person: Person) -> Iterator[InboxMessage]:
    """Those in which an e-mail address or a telephone of theirs stands, the oldest first.

    Each that is there is read: they are those of a week, and JSON has many spellings.
    """
    if not (person.emails or person.phones or person.marked):
        return
    rows = messages_that_say_something().only("raw", "provider", "name", "received_at")
    for message in rows.order_by("received_at", "pk").iterator(chunk_size=100):
        if message_people.names(bytes(message.raw), person):
            yield message
