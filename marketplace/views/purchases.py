"""What the organisation bought, and the contact behind each."""

from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from aiqleads.core import clock, keyset
from leads.models import Outcome
from leads.outcomes import history_of
from marketplace import delivery, selectors
from marketplace.models import Claim, Purchase
from marketplace.views.parts import not_found, page

NO_SUCH_PURCHASE: Final = "Your organisation has no such purchase."


@never_cache
@require_safe
@member_required
def purchase_list(request: MemberRequest) -> HttpResponse:
    try:
        found = selectors.purchase_page(request.membership, cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect("marketplace:purchase_list")
    return page(request, "marketplace/purchase_list.html", {"page": found}, parts=("more-purchases",))


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
        "asked": getattr(purchase, "return_request", None),
        "may_return_until": selectors.return_window_ends(purchase),
        "now": clock.now(),
        "count": selectors.sale_count(purchase.lead_id),
    }
    if purchase.claim.state == Claim.State.SOLD:
        context |= _contact(request, purchase)
        context |= {"statuses": Outcome.Status, "outcomes": history_of(purchase.pk)}
    return page(request, "marketplace/purchase_detail.html", context)


def _contact(request: MemberRequest, purchase: Purchase) -> dict[str, object]:
    record = delivery.public_record(purchase)
    return {
        "contacts": delivery.unlock_contact(purchase=purchase, viewer_id=request.user.pk),
        "record": record,
        "post_address": dict(record).get(delivery.POST_ADDRESS),
    }
