"""Asking buyers to delete what an owner had deleted: told once, reminded, confirmed once."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import audit, clock, transactions
from aiqleads.core.alerts import Finding
from marketplace.models import DeletionNotice, Notification, Purchase
from marketplace.services.notifying import notify

AREA: Final = "deletion.unconfirmed"
REMIND_EVERY: Final = timedelta(days=7)
MOST_REMINDERS: Final = 3
ALERT_AFTER: Final = timedelta(days=14)
ASKED: Final = "Its owner had a lead deleted that you bought. Delete it too, and confirm that you did"
BODY: Final = (
    "Delete the contact and all that you noted about it wherever you keep it: your CRM, your telephone, your mail, "
    "on paper. Do not contact the owner any more. Then confirm it on the purchase's page."
)


@transactions.write
def ask_to_delete(*, lead_id: UUID) -> int:
    """Ask everybody who bought an erased lead to delete it too; return how many were not asked before."""
    bought = Purchase.objects.filter(Q(lead=lead_id) | Q(lead__merged_into=lead_id)).select_related("assignment")
    asked = 0
    for purchase in bought.order_by("pk"):
        notice, is_new = DeletionNotice.objects.get_or_create(
            purchase=purchase, defaults={"organisation_id": purchase.organisation_id}
        )
        if is_new:
            asked += 1
            _tell(notice, purchase)
    return asked


def _tell(notice: DeletionNotice, purchase: Purchase) -> None:
    for membership_id in {purchase.membership_id, purchase.in_charge_id}:
        notify(
            membership_id=membership_id,
            kind=Notification.Kind.DELETION,
            key=f"deletion:{notice.pk}:{notice.reminders}",
            says=ASKED,
            body=BODY,
            path=purchase.get_absolute_url(),
        )


@transactions.write
def confirm_deletion(*, purchase_id: UUID, buyer: Membership) -> DeletionNotice:
    """Note a buyer's word that they deleted what they bought; again keeps the first.

    :raises DeletionNotice.DoesNotExist: their organisation was not asked to delete such a purchase
    :raises NotYourRole: as it says
    """
    permissions.require(buyer, permissions.Action.WORK)
    theirs = DeletionNotice.objects.select_for_update().filter(organisation=buyer.organisation_id)
    notice = theirs.get(purchase=purchase_id)
    if notice.confirmed_at is None:
        notice.confirmed_at, notice.confirmed_by = clock.now(), buyer
        notice.save(update_fields=["confirmed_at", "confirmed_by"])
        audit.record(actor_id=buyer.user_id, action="deletion.confirmed", subject=notice)
    return notice


def remind_of_deletions() -> int:
    """Remind those who did not confirm within a week, at most three times; return how many. Safe to run again."""
    before = clock.now() - REMIND_EVERY
    due = DeletionNotice.objects.filter(
        Q(reminded_at=None, told_at__lt=before) | Q(reminded_at__lt=before),
        confirmed_at=None,
        reminders__lt=MOST_REMINDERS,
    )
    return sum(_remind(pk) for pk in list(due.order_by("told_at").values_list("pk", flat=True)))


@transactions.write
def _remind(notice_id: UUID) -> bool:
    before = clock.now() - REMIND_EVERY
    notice = DeletionNotice.objects.select_for_update().get(pk=notice_id)
    if notice.confirmed_at or (notice.reminded_at or notice.told_at) >= before:
        return False
    notice.reminders, notice.reminded_at = notice.reminders + 1, clock.now()
    notice.save(update_fields=["reminders", "reminded_at"])
    _tell(notice, Purchase.objects.select_related("assignment").get(pk=notice.purchase_id))
    return True


def unconfirmed() -> list[Finding]:
    """Buyers who have not confirmed two weeks after they were asked."""
    late = DeletionNotice.objects.filter(confirmed_at=None, told_at__lt=clock.now() - ALERT_AFTER)
    return [
        Finding(
            key=f"{AREA}:{notice.pk}",
            says=f"{notice.organisation} has not confirmed that a lead is deleted, asked {notice.told_at:%B %-d}.",
            subject=notice,
        )
        for notice in late.select_related("organisation").order_by("told_at")
    ]
