"""Public writes about leads and sources; ``ingest`` and ``assess_lead`` live in modules beside this one."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from psycopg.types.range import TimestamptzRange

from aiqleads.core import audit, clock, events, transactions
from leads import merging
from leads.assessment import assess_lead
from leads.departures import Unmet, find_unmet, mark_gone, mark_unmet
from leads.errors import LeadClosed, NotTheSameHome, UnusableRight, UnusableSource
from leads.events import LeadChanged, LeadWithdrawn, SourceRightLost
from leads.ingest import Ingested, ingest
from leads.models import Lead, Source, SourceRight

__all__ = [
    "Ingested",
    "Unmet",
    "approve_lead",
    "assess_lead",
    "edit_source",
    "find_unmet",
    "ingest",
    "mark_gone",
    "mark_unmet",
    "merge_leads",
    "record_right",
    "reject_lead",
    "withdraw_lead",
]

REASON_CHARACTERS: Final = 200


@transactions.write
def approve_lead(*, lead_id: UUID, actor_id: int, reason: str = "") -> Lead:
    """Let a lead pass on an operator's word; later scores do not undo it.

    :param reason: kept in the audit trail alone
    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.ACTIVE, "", "lead.approved", audited_reason=reason)
    events.publish(LeadChanged(lead_id=lead_id))
    return lead


@transactions.write
def reject_lead(*, lead_id: UUID, actor_id: int, reason: str) -> Lead:
    """Keep a lead off the marketplace on an operator's word, and take it off if it is there.

    :param reason: shown to whoever holds it
    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.REJECTED, reason, "lead.rejected")
    events.publish(LeadWithdrawn(lead_id=lead_id, reason=reason))
    return lead


@transactions.write
def withdraw_lead(*, lead_id: UUID, reason: str, actor_id: int | None = None) -> Lead:
    """Take a lead out of circulation for good; running holds on it are released with the reason.

    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.WITHDRAWN, reason, "lead.withdrawn")
    events.publish(LeadWithdrawn(lead_id=lead_id, reason=lead.state_reason))
    return lead


def _decide(
    lead_id: UUID, actor_id: int | None, state: Lead.State, reason: str, action: str, *, audited_reason: str = ""
) -> Lead:
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    _require_open(lead)
    audit.record(
        actor_id=actor_id,
        action=action,
        subject=lead,
        before=lead.state,
        after=str(state),
        reason=audited_reason or reason,
    )
    lead.state, lead.state_reason, lead.is_operator_decided = state, reason[:REASON_CHARACTERS], True
    lead.save(update_fields=["state", "state_reason", "is_operator_decided"])
    return lead


def _require_open(lead: Lead) -> None:
    if lead.state in {Lead.State.MERGED, Lead.State.ERASED}:
        raise LeadClosed("This lead was merged into another or erased.", state=lead.state)


@transactions.write
def merge_leads(*, winner_id: UUID, loser_id: UUID, actor_id: int) -> Lead:
    """Make two leads one on an operator's word; the loser's offer ends, who bought it keeps it.

    :raises LeadClosed: one of them was merged or erased already
    :raises NotTheSameHome: they are one row, or their addresses name different homes
    """
    pair = {
        lead.pk: lead
        for lead in Lead.objects.filter(pk__in=[winner_id, loser_id]).order_by("pk").select_for_update()
    }
    winner, loser = pair[winner_id], pair[loser_id]
    for lead in (winner, loser):
        _require_open(lead)
    if winner == loser or merging.contradict(winner, loser):
        raise NotTheSameHome("These leads do not show one home.")
    audit.record(actor_id=actor_id, action="lead.merged", subject=winner, loser=str(loser_id))
    merging.merge(winner, [loser])
    merging.refresh([winner.pk])
    return winner


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


@transactions.write
def edit_source(
    *,
    slug: str,
    name: str,
    base_url: str,
    delay_seconds: int,
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
    if urlsplit(base_url).username is not None:
        raise UnusableSource("Leave the password out of the address; it belongs in the token.", field="base_url")
    source = Source.objects.select_for_update().get(pk=slug)
    fields = {
        "name": name,
        "base_url": base_url,
        "delay_seconds": delay_seconds,
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


def _reconsider(source: Source) -> None:
    """Have every lead of a source put together and judged again, now that its word may be shown."""
    told = Lead.objects.filter(observations__source=source, observations__gone_at=None)
    lead_ids = told.order_by("pk").values_list("pk", flat=True).distinct()
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in lead_ids))
