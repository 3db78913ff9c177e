"""The waitlist: joining and leaving the queue for a lead, and all the leads that one waits for."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from marketplace import services
from marketplace.views.leads import offer_action
from marketplace.views.parts import page


@never_cache
@require_safe
@member_required
def waitlist(request: MemberRequest) -> HttpResponse:
    """The page, or the notice of it that every page of a waiting member carries."""
    if request.htmx.target == "waiting":
        return render(request, "marketplace/_waiting.html")
    return page(request, "marketplace/waitlist.html", {})


@offer_action
def join(request: MemberRequest, lead_id: UUID) -> str:
    services.join_waitlist(lead_id=lead_id, buyer=request.membership)
    return "You are in the queue. When your turn comes, the lead is kept for you for two minutes."


@offer_action
def leave(request: MemberRequest, lead_id: UUID) -> str:
    services.leave_waitlist(lead_id=lead_id, buyer=request.membership)
    return "You have left the queue."
