"""The map beside the list, and the picture of the states that stands in for it without scripts."""

from http import HTTPStatus
from typing import Final

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import VisitorRequest
from leads.outlines.picture import HEIGHT, WIDTH, state_outlines
from marketplace import cards, selectors
from marketplace.filters import ListingFilters
from marketplace.forms.finding import FilterForm
from marketplace.serializers.clusters import WindowSerializer, map_document

COLOURS: Final = {
    "light": {"water": "#e3eff5", "land": "#fbfbf8", "some": "#cfe8db", "edge": "#8b9b98", "ink": "#1d2b2a"},
    "dark": {"water": "#16201f", "land": "#2a3433", "some": "#1f4a3a", "edge": "#5c6c69", "ink": "#eef3f0"},
}
"""A picture takes no colours from the page it stands in."""


@never_cache
@require_safe
def lead_map(request: VisitorRequest) -> HttpResponse:
    """What the filters of the page find in a window, as the API tells it too."""
    form, looked_at = FilterForm(request.GET), WindowSerializer(data=request.GET)
    is_usable = [form.is_valid(), looked_at.is_valid()]
    if not all(is_usable):
        return JsonResponse({"errors": {**form.errors, **looked_at.errors}}, status=HTTPStatus.BAD_REQUEST)
    view = selectors.map_view(_meant(request, form), looked_at.window())
    return JsonResponse(map_document(view, cards.cards(view.listings, membership=request.membership)))


@never_cache
@require_safe
def state_picture(request: VisitorRequest) -> HttpResponse:
    """The states with their numbers of matching leads, as SVG; opened by itself, each leads to its list."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    counts, is_estimated = selectors.counts_by_state(_meant(request, form))
    states = [(outline, counts[outline.code], _query(request.GET, outline.code)) for outline in state_outlines()]
    colours = COLOURS["dark" if request.GET.get("scheme") == "dark" else "light"]
    context = {"states": states, "is_estimated": is_estimated, "width": WIDTH, "height": HEIGHT, **colours}
    return render(request, "marketplace/states.svg", context, content_type="image/svg+xml")


def _meant(request: VisitorRequest, form: FilterForm) -> ListingFilters:
    filters = form.filters()
    return filters if "literal" in request.GET else selectors.forgive(filters).filters


def _query(asked: QueryDict, state_code: str) -> str:
    """The same search in one state."""
    query = asked.copy()
    for name in ("scheme", "cursor", "city", "county"):
        query.pop(name, None)
    query["state"] = state_code
    return query.urlencode()
