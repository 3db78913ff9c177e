"""The landing page and the list of what is on offer."""

from typing import Any, Final

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import VisitorRequest
from aiqleads.core import clock, keyset
from marketplace import cards, selectors
from marketplace.filters import ListingFilters
from marketplace.forms.finding import FilterForm
from marketplace.narrowing import narrowing_groups
from marketplace.search_address import canonical, told
from marketplace.selectors.recommendations import BEST
from marketplace.views.parts import page

BEST_LEADS_ON_LANDING: Final = 3
RECOMMENDED_AT_HOME: Final = 6


@never_cache
@require_safe
def landing(request: VisitorRequest) -> HttpResponse:
    number = RECOMMENDED_AT_HOME if request.membership else BEST_LEADS_ON_LANDING
    found = selectors.recommendations(request.membership, limit=number)
    context = {
        "figures": selectors.figures(),
        "cards": cards.recommended(found, membership=request.membership),
        "is_newcomer": all(one.reason == BEST for one in found),
        "today": selectors.steps_today(request.membership) if request.membership else [],
    }
    return page(request, "landing.html", context)


@never_cache
@require_safe
def lead_list(request: VisitorRequest) -> HttpResponse:
    query = canonical(request.GET)
    address = f"{request.path}?{query.urlencode()}".rstrip("?")
    if request.htmx and query.get("q") != (request.GET.get("q") or None):
        return HttpResponseClientRedirect(address)  # what was understood changes the form beside the results, too
    if query.urlencode() != request.GET.urlencode() and not request.htmx:
        return redirect(address)
    form = FilterForm(request.GET)
    context: dict[str, Any] = {
        "form": form,
        "query": canonical(request.GET, without="cursor").urlencode(),
        "told": told(query),
    }
    context |= {"view": "map" if request.GET.get("view") == "map" else "list", "map_tiles": settings.MAP_TILES}
    if not form.is_valid():
        return page(request, "marketplace/lead_list.html", context, parts=("lead-results",), status=400)
    forgiven = selectors.forgive(form.filters(), is_literal=form.cleaned_data["literal"])
    if "facets" in request.GET:
        context |= _narrowing(request, forgiven.filters)
    if request.htmx.target == "fresh-leads":
        context |= _fresh(request, forgiven.filters)
    if request.htmx.target in {"fresh-leads", "lead-facets"}:
        return page(request, "marketplace/lead_list.html", context, parts=("fresh-leads", "lead-facets"))
    try:
        found = selectors.find(forgiven.filters, cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect(f"{request.path}?{context['query']}")
    shown = cards.matched(found, membership=request.membership)
    context |= {
        "page": found,
        "cards": shown,
        "shown_at": shown[0].now if shown else clock.now(),
        "total": selectors.count(selectors.pool(forgiven.filters)) if found.matched != 0 else 0,
        "sort": forgiven.filters.sort,
        "meant": forgiven.meant,
        "most_counted": selectors.MOST_COUNTED,
        "active_filters": form.active_filters(),
    }
    response = page(request, "marketplace/lead_list.html", context, parts=("lead-results", "more-leads"))
    if request.htmx.target == "lead-results":
        response["HX-Push-Url"] = f"{request.path}?{context['query']}".rstrip("?")
    return response


def _fresh(request: VisitorRequest, filters: ListingFilters) -> dict[str, Any]:
    """Whether there is more than the page shows, for one that was away and heard of no new lead meanwhile."""
    try:
        since = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        since = None
    if since is None or is_naive(since):
        raise BadRequest("since has to be a time with its zone.")
    return {"shown_at": since, "has_new": selectors.has_new(filters, since=since)}


def _narrowing(request: VisitorRequest, filters: ListingFilters) -> dict[str, Any]:
    """What further choices would leave. The links of a page without scripts ask for their counts again."""
    query, facets = request.GET.copy(), selectors.facets(selectors.pool(filters))
    query.pop("typed", None)
    if request.htmx:
        del query["facets"]
    return {"narrowing_groups": narrowing_groups(facets.choices, query), "is_estimated": facets.is_estimated}
