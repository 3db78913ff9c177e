"""The map beside the list."""

from http import HTTPStatus

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import VisitorRequest
from marketplace import cards, selectors
from marketplace.forms import FilterForm
from marketplace.serializers.clusters import WindowSerializer, map_document


@never_cache
@require_safe
def lead_map(request: VisitorRequest) -> HttpResponse:
    """What the filters of the page find in a window, as the API tells it too."""
    form, looked_at = FilterForm(request.GET), WindowSerializer(data=request.GET)
    is_usable = [form.is_valid(), looked_at.is_valid()]
    if not all(is_usable):
        return JsonResponse({"errors": {**form.errors, **looked_at.errors}}, status=HTTPStatus.BAD_REQUEST)
    filters = form.filters() if "literal" in request.GET else selectors.forgive(form.filters()).filters
    view = selectors.map_view(filters, looked_at.window())
    return JsonResponse(map_document(view, cards.cards(view.listings, membership=request.membership)))
