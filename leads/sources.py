"""The registry of sources: adding one, and changing how it is called, reached and weighed."""

from typing import Final
from urllib.parse import urlsplit

from psycopg.types.range import TimestamptzRange

from aiqleads.core import audit, clock, transactions
from leads.errors import UnusableSource
from leads.models import Source, SourceRight

PAUSE_CHARACTERS: Final = 200


def add_source(
    *, slug: str, name: str, family: Source.Family, reader: str, base_url: str, actor_id: int | None
) -> Source:
    """Enter a source that nobody may use yet: it is prohibited until a right is recorded. Joins a transaction.

    :param reader: the slug of what reads its pages
    :raises UnusableSource: the slug is taken, or the address holds a password
    """
    transactions.require_transaction()
    _require_no_password(base_url)
    source, is_new = Source.objects.get_or_create(
        slug=slug, defaults={"name": name, "family": family, "reader": reader, "base_url": base_url}
    )
    if not is_new:
        raise UnusableSource(f"There is a source called {slug} already.", field="slug")
    SourceRight.objects.create(
        source=source, basis=SourceRight.Basis.PROHIBITED, during=TimestamptzRange(clock.now(), None)
    )
    audit.record(actor_id=actor_id, action="source.added", subject=source, family=family, reader=reader)
    return source


@transactions.write
def edit_source(
    *,
    slug: str,
    name: str,
    base_url: str,
    delay_seconds: int,
    requests_at_once: int,
    adapts_pace: bool,
    trust_percent: int,
    pause_reason: str,
    access_token: str | None = None,
    actor_id: int,
) -> Source:
    """Change how a source is called, reached and weighed, and whether it is crawled at all.

    :param pause_reason: why it is not crawled for now; "" lets it be crawled
    :param access_token: replaces the one that is kept; None keeps it. It is never written to the audit trail
    :raises UnusableSource: as it says; nothing was changed
    """
    _require_no_password(base_url)
    source = Source.objects.select_for_update().get(pk=slug)
    fields = {
        "name": name,
        "base_url": base_url,
        "delay_seconds": delay_seconds,
        "requests_at_once": requests_at_once,
        "adapts_pace": adapts_pace,
        "trust_percent": trust_percent,
        "is_paused": bool(pause_reason),
        "pause_reason": pause_reason,
    }
    changes = audit.changes({field: getattr(source, field) for field in fields}, fields)
    if access_token is not None:
        changes["access_token"] = ["kept secret", "replaced"]
        fields["access_token"] = access_token
    for field, value in fields.items():
        setattr(source, field, value)
    source.save(update_fields=list(fields))
    audit.record(actor_id=actor_id, action="source.edited", subject=source, **changes)
    return source


@transactions.write
def pause_source(*, slug: str, reason: str) -> Source:
    """Have a source crawled no more until an operator lets it go on. One that is paused keeps its first reason."""
    source = Source.objects.select_for_update().get(pk=slug)
    if source.is_paused:
        return source
    source.is_paused, source.pause_reason = True, reason[:PAUSE_CHARACTERS]
    source.save(update_fields=["is_paused", "pause_reason"])
    audit.record(actor_id=None, action="source.paused", subject=source, reason=source.pause_reason)
    return source


def _require_no_password(base_url: str) -> None:
    if urlsplit(base_url).username is not None:
        raise UnusableSource("Leave the password out of the address; it belongs in the token.", field="base_url")
