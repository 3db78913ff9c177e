"""On what right a source is used: recording one, and watching the days on which rights end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from psycopg.types.range import TimestamptzRange

from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.alerts import Finding
from aiqleads.core.ranges import RangeEnd
from leads.errors import UnusableRight
from leads.events import LeadChanged, SourceRightLost
from leads.models import Lead, Source, SourceRight

WARNING_DAYS: Final = 30


def ending_soon() -> Iterator[Finding]:
    """Rights that end within ``WARNING_DAYS`` and that no other follows: the leads they keep would go."""
    following = SourceRight.objects.filter(source=OuterRef("source"), during__contains=OuterRef("ends_at"))
    soon = clock.now() + timedelta(days=WARNING_DAYS)
    for right in _rights_ending_before(soon).filter(~Exists(following)):
        yield Finding(
            key=f"right.expiring:{right.source_id}",
            says=f"The right of {right.source} ends on {right.during.upper:%B %-d, %Y}, and no other follows it.",
            subject=right.source,
        )


def ended() -> Iterator[Finding]:
    """Sources whose right has ended by the calendar, so that nothing is fetched or offered from them any more."""
    in_force = SourceRight.objects.filter(source=OuterRef("pk"), during__contains=clock.Now())
    over = SourceRight.objects.alias(ends_at=RangeEnd("during")).filter(
        source=OuterRef("pk"), ends_at__lte=clock.Now()
    )
    for source in Source.objects.filter(Exists(over), ~Exists(in_force)).order_by("pk"):
        yield Finding(
            key=f"right.ended:{source.pk}",
            says=f"The right of {source} has ended: it is not crawled, and what it alone tells of is not offered.",
            subject=source,
        )


def _rights_ending_before(moment: datetime) -> QuerySet[SourceRight]:
    """Rights in force that end by the calendar before ``moment``, the first to end first."""
    in_force = SourceRight.objects.filter(during__contains=clock.Now()).annotate(ends_at=RangeEnd("during"))
    return in_force.filter(ends_at__lt=moment).select_related("source").order_by("ends_at", "source")


@transactions.write
def record_right(
    *,
    source: Source,
    basis: SourceRight.Basis,
    may_list: bool,
    may_value: bool = False,
    may_suppress: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    document: str = "",
    terms_version: str = "",
    contact_email: str = "",
    actor_id: int | None = None,
) -> SourceRight:
    """Record a right; whatever was recorded for the same time ends where it begins. No right is ever edited.

    A source that may no longer be listed from loses its offers (``SourceRightLost``).

    :param since: a moment to come; None is now
    :raises UnusableRight: it contradicts itself or the calendar; nothing was changed
    """
    now = clock.now()
    start = since or now
    _require_usable(basis=basis, grants=may_list or may_value, now=now, start=start, until=until)
    if may_list and source.family == Source.Family.MLS:
        _require_resale_licence(basis, document)
    current = SourceRight.objects.select_for_update().filter(source=source, during__contains=start).first()
    during = TimestamptzRange(start, until)
    _make_room(source, during)
    right = SourceRight.objects.create(
        source=source,
        basis=basis,
        may_list=may_list,
        may_value=may_value,
        may_suppress=may_suppress,
        during=during,
        document=document,
        terms_version=terms_version,
        contact_email=contact_email,
    )
    changes = audit.changes(_told(current), _told(right))
    audit.record(actor_id=actor_id, action="right.recorded", subject=source, **changes)
    if start == now and current and current.may_list and not may_list:
        events.publish(SourceRightLost(source_slug=source.pk))
    if start == now and may_list and not (current and current.may_list):
        _reconsider(source)
    return right


def _require_usable(
    *, basis: SourceRight.Basis, grants: bool, now: datetime, start: datetime, until: datetime | None
) -> None:
    if basis == SourceRight.Basis.PROHIBITED and grants:
        raise UnusableRight("What is prohibited can be neither listed nor valued.", field="uses")
    if start < now:
        raise UnusableRight("A right begins now or later: what was recorded before stays as it was.", field="since")
    if until is not None and until <= start:
        raise UnusableRight("It ends before it begins.", field="until")


def _require_resale_licence(basis: SourceRight.Basis, document: str) -> None:
    """MLS data values homes and takes leads off; offering it takes a licence (``mls_needs_a_licence``)."""
    if basis != SourceRight.Basis.LICENSED or not document:
        raise UnusableRight(
            "MLS listings are offered only under a licence that says so: choose “Licensed” and name the document.",
            field="uses",
        )


def _make_room(source: Source, during: TimestamptzRange) -> None:
    """End what overlaps where ``during`` begins; what would have begun later never comes into force."""
    overlapping = SourceRight.objects.select_for_update().filter(source=source, during__overlap=during)
    for right in overlapping.order_by("pk"):
        begins = right.during.lower
        is_begun = begins is None or begins < during.lower
        right.during = TimestamptzRange(begins, during.lower) if is_begun else TimestamptzRange(empty=True)
        right.save(update_fields=["during"])


def _told(right: SourceRight | None) -> dict[str, Any]:
    """A right as the audit trail keeps it; the licensor's address stays out."""
    names = ("basis", "may_list", "may_value", "may_suppress", "document", "terms_version")
    if right is None:
        return dict.fromkeys((*names, "since", "until"))
    begins, ends = right.during.lower, right.during.upper
    return {
        **{name: getattr(right, name) for name in names},
        "since": begins and begins.isoformat(),
        "until": ends and ends.isoformat(),
    }


def _reconsider(source: Source) -> None:
    """Have every lead of a source put together and judged again, now that its word may be shown."""
    told = Lead.objects.filter(observations__source=source, observations__gone_at=None)
    lead_ids = told.order_by("pk").values_list("pk", flat=True).distinct()
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in lead_ids))
