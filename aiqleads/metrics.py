"""Figures for Prometheus, at ``/metrics``: for operators who showed two factors, and with ``METRICS_TOKEN``."""

from http import HTTPStatus
from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.middleware import is_verified
from accounts.models import User
from aiqleads.core import metrics


@never_cache
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Everything that is counted; 401 for others. Without a token set, operators alone read it."""
    if not _may_read(request):
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    user = request.user
    return bool(isinstance(user, User) and user.is_active and user.is_staff and is_verified(user))
