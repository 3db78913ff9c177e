"""The kit of a purchase: written once for what its passport allows, and again when that changes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db.models import Max

from accounts.models import Membership
from aiqleads.core import clock, transactions
from leads.time_zones import find_time_zone
from marketplace import delivery, selectors
from marketplace.engagement import Brief, Draft, Fault, OwnWords, Writer, due_ats, faults_of
from marketplace.engagement.hours import MIDDLE_OF_THE_COUNTRY
from marketplace.models import Claim, Engagement, EngagementText, FollowUp, Purchase

log = structlog.get_logger(__name__)

WRITER: Final[Writer] = OwnWords()


def kit_of(purchase: Purchase, reader: Membership) -> selectors.Kit | None:
    """The kit of a purchase as its passport reads now, written where there is none such yet.

    ``purchase`` comes from ``selectors.purchases``. None once the lead was given back.
    """
    if purchase.claim.state != Claim.State.SOLD:
        return None
    found = Engagement.objects.filter(pk=purchase.pk).prefetch_related("texts", "steps").first()
    if found is None or found.written_for != digest_of(purchase):
        found = write_engagement(purchase_id=purchase.pk)
    return selectors.kit_of(found, purchase=purchase, reader=reader) if found else None


@transactions.write
def write_engagement(*, purchase_id: UUID, writer: Writer = WRITER) -> Engagement | None:
    """Write the kit of a purchase; what was written for the same passport stays. None once the lead was given back.

    A draft with faults is not shown to anybody: the kit then keeps the faults, the facts and no text.
    """
    claim = Claim.objects.filter(purchase=purchase_id).locked().get()
    purchase = selectors.get_purchase(purchase_id)
    kit = Engagement.objects.select_for_update().filter(pk=purchase.pk).first()
    digest = digest_of(purchase)
    if claim.state != Claim.State.SOLD or (kit and kit.written_for == digest):
        return kit if claim.state == Claim.State.SOLD else None
    brief = selectors.brief_of(purchase)
    draft = writer.write(brief)
    faults = faults_of(draft, brief)
    if faults:
        log.error("engagement.refused", purchase_id=str(purchase.pk), faults=[fault.code for fault in faults])
        draft = Draft(messages=[], steps=[])
    return _keep(purchase, kit, brief, draft, written_for=digest, writer=writer.name, faults=faults)


def digest_of(purchase: Purchase) -> str:
    """What stands for the limits that a kit is written within."""
    limits = json.dumps(delivery.channels_now(purchase), sort_keys=True)
    return hashlib.sha256(limits.encode()).hexdigest()


def _keep(
    purchase: Purchase,
    before: Engagement | None,
    brief: Brief,
    draft: Draft,
    *,
    written_for: str,
    writer: str,
    faults: Sequence[Fault],
) -> Engagement:
    zone = find_time_zone(zip_code=purchase.lead.zip_code, state_code=purchase.lead.state_code)
    kit = Engagement(
        purchase=purchase,
        version=before.version + 1 if before else 1,
        writer=writer,
        written_for=written_for,
        facts=[
            {"key": fact.key, "name": fact.label, "says": fact.phrases[0], "told_by": fact.source}
            for fact in brief.facts
        ],
        faults=[asdict(fault) for fault in faults],
        time_zone=str(zone or ""),
        written_at=clock.now(),
    )
    kit.save(force_insert=before is None)
    _replace_texts(kit, draft)
    _replace_open_steps(kit, draft, purchase)
    return kit


def _replace_texts(kit: Engagement, draft: Draft) -> None:
    kit.texts.all().delete()
    EngagementText.objects.bulk_create(
        EngagementText(
            engagement=kit,
            channel=message.channel,
            subject=message.subject,
            body=message.body,
            cites=list(message.cites),
        )
        for message in draft.messages
    )


def _is_planned_beside(purchase: Purchase) -> bool:
    """Whether another copy that was bought in the same go has the plan: one owner is called for one of them."""
    copies = Engagement.objects.filter(purchase__claim__bundle=purchase.claim.bundle).exclude(pk=purchase.pk)
    return copies.filter(steps__state=FollowUp.State.OPEN).exists()


def _replace_open_steps(kit: Engagement, draft: Draft, purchase: Purchase) -> None:
    """Plan anew what is still to come; what was done or skipped stays, and an outcome needs no plan."""
    kit.steps.filter(state=FollowUp.State.OPEN).delete()
    last = kit.steps.aggregate(last=Max("number"))["last"] or 0
    if purchase.outcome is not None or _is_planned_beside(purchase):
        return
    begins_at = kit.written_at if kit.version == 1 else purchase.bought_at
    zone = ZoneInfo(kit.time_zone or MIDDLE_OF_THE_COUNTRY)
    due_moments = due_ats(draft.steps, begins_at=begins_at, zone=zone, state_code=purchase.lead.state_code)
    planned = zip(due_moments, draft.steps, strict=True)
    still_to_come = [(due, step) for due, step in planned if due > kit.written_at]
    FollowUp.objects.bulk_create(
        FollowUp(engagement=kit, number=number, channel=step.channel, says=step.says, due_at=due)
        for number, (due, step) in enumerate(still_to_come, start=last + 1)
    )
