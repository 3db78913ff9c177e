"""Public writes about buyers who are reported: which bought the lead, and what an operator decides about each.

The organisation hears the decision and why, never the reporter's words nor who it was.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.models import Membership, PrivacyRequest, ReportedBuyer, Suppression, User
from accounts.privacy import errors, holders
from accounts.privacy.events import BuyerReportDecided, ContactRecalled
from accounts.services import privacy, suppression
from accounts.services.organisations import tell_of_stopping
from aiqleads.core import audit, events, transactions

Outcome = ReportedBuyer.Outcome
State = PrivacyRequest.State


def find_buyers(*, request_id: UUID) -> int:
    """Note who bought what we hold of the reporter, for an operator; return how many. Safe to run twice."""
    request = PrivacyRequest.objects.get(pk=request_id)
    person = privacy.person_of(request)
    found = {
        (sold.organisation_id, held.lead_id): sold.at
        for held in holders.find(person)
        if held.lead_id
        for sold in held.sold
    }
    return _note(request_id=request_id, found=found)


@transactions.write
def _note(*, request_id: UUID, found: dict[tuple[UUID, UUID], datetime]) -> int:
    request = privacy.locked(request_id)
    if not request.is_open:
        return 0
    rows = [
        ReportedBuyer(request=request, organisation_id=organisation_id, lead_id=lead_id, bought_at=at)
        for (organisation_id, lead_id), at in found.items()
    ]
    ReportedBuyer.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transactions.write
def decide_report(*, reported_id: UUID, outcome: str, because: str, actor_id: int) -> ReportedBuyer:
    """Decide about one reported buyer, once. Suspending lets none of its members in and calls the contact back.

    Whatever is decided, the reporter's telephone and e-mail go on our own do-not-contact list.

    :raises RequestMoved: it was decided before, or the report is closed
    """
    reported = ReportedBuyer.objects.select_for_update().select_related("request").get(pk=reported_id)
    request = privacy.locked(reported.request_id)
    if reported.outcome != Outcome.WAITING or not request.is_open:
        raise errors.RequestMoved(privacy.MOVED_MEANWHILE)
    reported.outcome, reported.because, reported.decided_by_id = outcome, because, actor_id
    reported.save(update_fields=["outcome", "because", "decided_by"])
    _leave_alone(request)
    if outcome == Outcome.SUSPENDED:
        _suspend(reported, because, actor_id)
    if outcome != Outcome.DISMISSED:
        events.publish(ContactRecalled(lead_id=reported.lead_id, organisation_id=reported.organisation_id))
    events.publish(BuyerReportDecided(reported_id=reported.pk))
    audit.record(
        actor_id=actor_id,
        action=f"buyer_report.{outcome}",
        subject=reported,
        organisation=str(reported.organisation_id),
        reason=because,
    )
    return reported


def _leave_alone(request: PrivacyRequest) -> None:
    suppression.suppress_marks(
        privacy.person_of(request).marks(),
        Suppression.Why.ASKED_NOT_TO,
        scope=Suppression.Scope.CONTACT,
        cause_id=request.pk,
    )


def _suspend(reported: ReportedBuyer, because: str, actor_id: int) -> None:
    members = Membership.objects.filter(organisation=reported.organisation_id)
    users = User.objects.select_for_update().filter(membership__in=members, is_active=True).order_by("pk")
    for user in users:
        user.is_active = False
        user.save(update_fields=["is_active"])
        audit.record(
            actor_id=actor_id, action="user.suspended", subject=user, reason=because, is_active=[True, False]
        )
    tell_of_stopping(members)


def owners_to_tell(reported: ReportedBuyer) -> Iterator[str]:
    """The e-mail addresses of those who answer for a reported organisation."""
    owners = Membership.objects.filter(organisation=reported.organisation_id, role=Membership.Role.OWNER)
    yield from owners.order_by("pk").values_list("user__email", flat=True)


def is_decided(request: PrivacyRequest) -> bool:
    """Whether nothing is left to decide about a report."""
    return not request.reported.filter(outcome=Outcome.WAITING).exists()
