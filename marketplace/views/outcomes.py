"""Marking what became of a bought lead: on its page, or by the link of a letter."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, VisitorRequest, member_required
from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from leads.models import Outcome
from marketplace import errors, services
from marketplace.models import Purchase
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE

Status, Via = Outcome.Status, Outcome.Via


@never_cache
@require_POST
@member_required
def mark(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    """Mark it, and go back to the purchase."""
    status = request.POST.get("status", "")
    if status not in Status.values:
        return not_found(request, "There is no such outcome.")
    try:
        marked = services.mark_outcome(purchase_id=purchase_id, buyer=request.membership, status=Status(status))
        messages.success(request, f"Marked: {marked.get_status_display().lower()}.")
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    except (Refusal, LockTimeout) as error:
        messages.error(request, errors.as_refusal(error).detail)
    return redirect("marketplace:purchase_detail", purchase_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mark_by_letter(request: VisitorRequest, token: str) -> HttpResponse:
    """Looking marks nothing: programs that read mail follow links. The buttons do."""
    try:
        purchase, buyer = services.read_outcome_token(token)
    except (signing.BadSignature, Purchase.DoesNotExist, Membership.DoesNotExist):
        return not_found(request, "This link does not work any more. You can still mark it under Purchases.")
    told: dict[str, object] = {"purchase": purchase, "listing": purchase.lead.listing, "statuses": Status}
    status = request.POST.get("status", "")
    if request.method != "POST" or status not in Status.values:
        code = HTTPStatus.BAD_REQUEST if request.method == "POST" else HTTPStatus.OK
        return render(request, "marketplace/outcome.html", told, status=code)
    try:
        marked = services.mark_outcome(purchase_id=purchase.pk, buyer=buyer, status=Status(status), via=Via.EMAIL)
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return render(request, "marketplace/outcome.html", {**told, "refusal": refusal}, status=refusal.status)
    return render(request, "marketplace/outcome.html", {**told, "marked": marked})
