"""The credits page: what the organisation has, and every entry that made it so."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from aiqleads.core import keyset
from billing import selectors

ENTRIES_PER_PAGE = 30


@never_cache
@require_safe
@member_required
def credits(request: MemberRequest) -> HttpResponse:  # noqa: A001  (the page's own word)
    organisation_id = request.membership.organisation_id
    try:
        page = selectors.statement_page(organisation_id, cursor=request.GET.get("cursor"), size=ENTRIES_PER_PAGE)
    except keyset.BadCursor:
        return redirect("billing:credits")
    holdings = selectors.holdings(organisation_id)
    context = {
        "page": page,
        "holdings": holdings,
        "balance": sum(held.credits for held in holdings),
        "owed": selectors.owed_credits(organisation_id),
    }
    return render(request, "billing/credits.html", context)
