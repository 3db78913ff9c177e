"""The watchlist, what was looked at last, and offers side by side."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, VisitorRequest, is_way_back, member_required
from aiqleads.core import keyset
from aiqleads.core.refusals import Refusal
from marketplace import cards, selectors, services
from marketplace.views.parts import page

RECENT: Final = 8


@never_cache
@require_safe
@member_required
def watchlist(request: MemberRequest) -> HttpResponse:
    try:
        found = selectors.watched_page(request.membership, cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect("marketplace:watchlist")
    recent = selectors.recently_viewed(request.membership, limit=RECENT)
    context = {
        "page": found,
        "cards": cards.cards([watched.listing for watched in found.results], membership=request.membership),
        "recent": cards.cards(recent, membership=request.membership),
    }
    return page(request, "marketplace/watchlist.html", context)


@never_cache
@require_POST
@member_required
def watch(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    try:
        services.watch_lead(lead_id=lead_id, member=request.membership)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "On your watchlist. You hear of it when the price drops.")
    return redirect(_way_back(request, lead_id))


@never_cache
@require_POST
@member_required
def unwatch(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    services.unwatch_lead(lead_id=lead_id, member=request.membership)
    messages.success(request, "No longer on your watchlist.")
    return redirect(_way_back(request, lead_id))


def _way_back(request: MemberRequest, lead_id: UUID) -> str:
    back = request.POST.get("next", "")
    return back if is_way_back(back) else str(redirect("marketplace:lead_detail", lead_id).url)


@never_cache
@require_safe
def compare(request: VisitorRequest) -> HttpResponse:
    """Up to four offers side by side, as ``?lead=…&lead=…`` names them."""
    asked = list(dict.fromkeys(_lead_ids(request)))
    offers = selectors.compared(asked)
    context = {
        "cards": cards.cards(offers, membership=request.membership),
        "left_out": max(0, len(asked) - selectors.MOST_COMPARED),
        "most": selectors.MOST_COMPARED,
    }
    return page(request, "marketplace/compare.html", context)


def _lead_ids(request: VisitorRequest) -> list[UUID]:
    ids = []
    for text in request.GET.getlist("lead")[:50]:
        with suppress(ValueError):
            ids.append(UUID(text))
    return ids
