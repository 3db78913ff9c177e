"""What the organisation bought, and the contact behind each."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import permissions
from accounts import selectors as accounts
from accounts.access import MemberRequest, member_required
from aiqleads.core import clock, keyset
from leads.advert_texts import advert_texts
from leads.models import Outcome
from leads.outcomes import history_of
from marketplace import delivery, errors, selectors, services
from marketplace.forms.assigning import AssignForm
from marketplace.forms.sharing import ShareForm
from marketplace.models import Claim, Purchase
from marketplace.views.parts import not_found, page

NO_SUCH_PURCHASE: Final = "Your organisation has no such purchase."


@never_cache
@require_safe
@member_required
def purchase_list(request: MemberRequest) -> HttpResponse:
    whose = request.GET.get("assigned", "")
    try:
        found = selectors.purchase_page(request.membership, whose=whose, cursor=request.GET.get("cursor"))
    except (keyset.BadCursor, errors.NotAColleague):
        return redirect("marketplace:purchase_list")
    colleagues = accounts.buyers(request.membership.organisation_id)
    sees_all = permissions.allows(request.membership, permissions.Action.SEE_PURCHASES)
    can_hand_over = request.membership.is_buyer and len(colleagues) > 1
    context = {"page": found, "whose": whose, "colleagues": colleagues, "can_hand_over": can_hand_over}
    context |= {"sees_all": sees_all}
    return page(request, "marketplace/purchase_list.html", context, parts=("more-purchases",))


@never_cache
@require_safe
@member_required
def purchase_detail(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    try:
        purchase = selectors.access_purchase(viewer=request.membership, purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    context = {
        "purchase": purchase,
        "listing": purchase.lead.listing,
        "channels": delivery.channels_now(purchase),
        "hours": delivery.calling_hours_now(purchase),
        "asked": getattr(purchase, "return_request", None),
        "notice": getattr(purchase, "deletion_notice", None),
        "may_return_until": selectors.return_window_ends(purchase),
        "now": clock.now(),
        "deliveries": selectors.deliveries_of(purchase),
        "count": selectors.sale_count(purchase.lead_id),
    }
    context |= _work(request, purchase) | _sharing(request, purchase)
    if purchase.claim.state == Claim.State.SOLD:
        context |= _contact(request, purchase)
        context |= {"kit": services.kit_of(purchase, request.membership)}
        context |= {"statuses": Outcome.Status, "outcomes": history_of(purchase.pk)}
    return page(request, "marketplace/purchase_detail.html", context)


def _work(request: MemberRequest, purchase: Purchase) -> dict[str, object]:
    """Who works on it; an agent alone is not asked."""
    colleagues = accounts.buyers(purchase.organisation_id)
    history = selectors.handovers(purchase)
    may = len(colleagues) > 1 and selectors.may_hand_over(request.membership, purchase)
    is_standing = purchase.claim.state == Claim.State.SOLD
    return {
        "is_shared_out": len(colleagues) > 1 or history,
        "handovers": history,
        "assign_form": AssignForm(colleagues=colleagues, in_charge=purchase.assignment.member_id)
        if may and is_standing
        else None,
    }


def _sharing(request: MemberRequest, purchase: Purchase) -> dict[str, object]:
    """Who may read it beside those who read everything; whoever reads it so is told by whom."""
    shares = list(selectors.shares_of(purchase))
    if not permissions.allows(request.membership, permissions.Action.SHARE):
        own = next((one for one in shares if one.user_id == request.user.pk), None)
        return {"shared_by": own and own.shared_by.user}
    members = {one.user_id: one for one in accounts.members(purchase.organisation_id)}
    colleagues = selectors.may_be_shared_with(purchase, request.membership)
    is_standing = purchase.claim.state == Claim.State.SOLD
    return {
        "shares": [(one, members[one.user_id]) for one in shares if one.user_id in members],
        "share_form": ShareForm(colleagues=colleagues) if colleagues and is_standing else None,
    }


def _contact(request: MemberRequest, purchase: Purchase) -> dict[str, object]:
    record = delivery.public_record(purchase)
    return {
        "contacts": delivery.unlock_contact(purchase=purchase, viewer_id=request.user.pk),
        "record": record,
        "adverts": advert_texts(purchase.lead),
        "post_address": dict(record).get(delivery.POST_ADDRESS),
    }
