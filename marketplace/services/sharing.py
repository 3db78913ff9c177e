"""Public writes about purchases that a colleague may read who does not see all that the organisation bought."""

from typing import Final
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import audit, transactions
from marketplace import errors, selectors
from marketplace.models import Claim, Notification, Purchase, PurchaseShare
from marketplace.services.notifying import notify

GIVEN_BACK: Final = "You gave this lead back. Nobody of your organisation may use its contact any more."


@transactions.write
def share_purchase(*, purchase_id: UUID, to: Membership, by: Membership) -> PurchaseShare:
    """Let a colleague read one purchase: its contact, and what may be done with it. They hear of it.

    They may not give it back, work on it or share it on. Sharing it again changes nothing.

    :raises Purchase.DoesNotExist: the organisation of ``by`` has not bought it
    :raises NotYourRole | NotAColleague | SeesItAlready | GivenBack: as they say
    """
    permissions.require(by, Action.SHARE)
    purchase = selectors.access_purchase(viewer=by, purchase_id=purchase_id)
    if to.organisation_id != by.organisation_id or not to.user.is_active:
        raise errors.NotAColleague("Nobody of your organisation is called so.", field="member")
    if permissions.allows(to, Action.SEE_PURCHASES):
        raise errors.SeesItAlready(f"{to.user} sees everything that your organisation bought.", field="member")
    if purchase.claim.state != Claim.State.SOLD:
        raise errors.GivenBack(GIVEN_BACK)
    known: PurchaseShare | None = purchase.shares.filter(user=to.user_id).first()
    return known or _share(purchase, to, by)


def _share(purchase: Purchase, to: Membership, by: Membership) -> PurchaseShare:
    with errors.refusals(), transaction.atomic():
        share: PurchaseShare = PurchaseShare.objects.create(
            user=to.user, content_object=purchase, permission=_permission(), shared_by=by
        )
    audit.record(actor_id=by.user_id, action="purchase.shared", subject=purchase, with_member=str(to.pk))
    notify(
        membership_id=to.pk,
        kind=Notification.Kind.SHARED,
        key=f"shared:{share.pk}",
        says=f"{by.user} shares a lead with you: {purchase.lead}",
        path=purchase.get_absolute_url(),
    )
    return share


@transactions.write
def unshare_purchase(*, purchase_id: UUID, member_id: UUID, by: Membership) -> bool:
    """Let a colleague read a purchase no more; whether they could.

    :raises Purchase.DoesNotExist: the organisation of ``by`` has not bought it
    :raises NotYourRole: as it says
    """
    permissions.require(by, Action.SHARE)
    purchase = selectors.access_purchase(viewer=by, purchase_id=purchase_id)
    to = Membership.ever.filter(pk=member_id, organisation=by.organisation_id).first()
    gone, _ = purchase.shares.filter(user=to.user_id).delete() if to else (0, {})
    if gone:
        audit.record(actor_id=by.user_id, action="purchase.unshared", subject=purchase, with_member=str(member_id))
    return bool(gone)


def _permission() -> Permission:
    app, _, codename = selectors.SHARED.partition(".")
    return Permission.objects.get_by_natural_key(codename, app, "purchase")
