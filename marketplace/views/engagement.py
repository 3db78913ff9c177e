"""What to say to an owner, as plain text for whoever copies by hand."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from marketplace import selectors, services
from marketplace.models import Purchase
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE


@never_cache
@require_safe
@member_required
def plain_text(request: MemberRequest, purchase_id: UUID, channel: str) -> HttpResponse:
    """One text of the kit, with nothing around it."""
    try:
        purchase = selectors.access_purchase(viewer=request.membership, purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    kit = services.kit_of(purchase, request.membership)
    text = kit and kit.find(channel)
    if not text:
        return not_found(request, "There is no such text: see the purchase for what the passport allows.")
    whole = f"{text.subject}\n\n{text.body}" if text.subject else text.body
    return HttpResponse(f"{whole}\n", content_type="text/plain; charset=utf-8")
