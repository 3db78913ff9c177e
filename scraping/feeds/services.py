"""Public writes about feeds: what a service's words mean, and how it is entered. Every change is audited."""

from aiqleads.core import audit, transactions
from leads.models import Source
from scraping.feeds.errors import UnusableRule
from scraping.models import FeedAccess, FeedState, StatusRule
from scraping.readers.reso.statuses import squash


@transactions.write
def set_status_rule(
    *, says: str, meaning: StatusRule.Meaning, source_slug: str | None, actor_id: int
) -> StatusRule:
    """Say what a word means from the next run on, in place of what was said before.

    :param source_slug: the one source that writes it so; None for all of them
    :raises UnusableRule: the word is nothing but spaces and signs
    """
    word = squash(says)
    if not word:
        raise UnusableRule("Write the word as the listing service does: letters or digits.", field="says")
    source = Source.objects.get(pk=source_slug) if source_slug else None
    before = StatusRule.objects.filter(source=source, word=word).first()
    was = before.meaning if before else None
    rule, _ = StatusRule.objects.update_or_create(
        source=source, word=word, defaults={"says": says.strip(), "meaning": meaning}
    )
    _read_everything_again(source)
    audit.record(
        actor_id=actor_id,
        action="status_rule.set",
        subject=rule,
        word=says.strip(),
        before=was,
        after=str(meaning),
        source=source_slug,
    )
    return rule


def _read_everything_again(source: Source | None) -> None:
    """A word that means something else now is in records that will not change: read them all once more."""
    states = FeedState.objects.filter(source=source) if source else FeedState.objects.all()
    states.update(modified_until=None, is_loaded=False, reconciled_at=None)


@transactions.write
def set_feed_access(
    *, slug: str, client_secret: str | None, actor_id: int, **facts: str | int | bool
) -> FeedAccess:
    """Change how a feed is entered and what it is asked for.

    :param client_secret: replaces the one that is kept; None keeps it. It is never written to the audit trail
    :param facts: other columns of ``FeedAccess``
    """
    source = Source.objects.select_for_update().get(pk=slug)
    access = FeedAccess.objects.filter(source=source).first() or FeedAccess(source=source)
    changes = audit.changes({name: getattr(access, name) for name in facts}, facts)
    for name, value in facts.items():
        setattr(access, name, value)
    if client_secret is not None:
        access.client_secret = client_secret
        changes["client_secret"] = ["kept secret", "replaced"]
    access.save()
    audit.record(actor_id=actor_id, action="feed.entered", subject=source, **changes)
    return access
