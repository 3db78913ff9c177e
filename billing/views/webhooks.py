"""Where providers bring their messages."""

from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import services
from billing.errors import ProviderNotOffered
from billing.models import MOST_BYTES
from billing.providers.port import Forged, ProviderMisunderstood, ProviderUnreachable, Stale

log = structlog.get_logger(__name__)


@csrf_exempt  # providers post here; a signature says that it is they
@require_POST
def message(request: HttpRequest, provider: str) -> HttpResponse:
    """Take one message in. Twice the same is the same as once; what becomes of it is told to nobody."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    raw = request.read(MOST_BYTES + 1)  # without a length: no more than this is looked at
    if len(raw) > MOST_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        services.receive(provider=provider, raw=raw, headers=headers)
    except ProviderNotOffered:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    except (Forged, Stale, ProviderMisunderstood) as error:
        log.warning("inbox.refused", provider=provider, why=type(error).__name__)
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    except ProviderUnreachable:  # who verifies it is away: it is to be brought again
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse(status=HTTPStatus.OK)
