"""What a caller is told when a request fails outside every view: a page for people, a problem for programs."""

import sys
from http import HTTPStatus

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views import defaults

from aiqleads.core.problems import CONTENT_TYPE


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``: a request that the framework itself would not read."""
    if not _is_program(request):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, code="bad_request", detail="This request cannot be read.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: names no cause, which is in the log; 503 where the database was away."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return _away(request)
    if not _is_program(request):
        return defaults.server_error(request)
    says = "Something broke on our side. Try again later."
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, code="error", detail=says)


def not_found(detail: str) -> HttpResponse:
    """A problem for programs at addresses that pages share with them."""
    return _problem(HTTPStatus.NOT_FOUND, code="not_found", detail=detail)


def _away(request: HttpRequest) -> HttpResponse:
    """Asks the database nothing, so the page knows nobody."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if _is_program(request):
        answer = _problem(
            status, code="away", detail="Our database was away. Look whether it was done, then try again."
        )
    else:
        answer = HttpResponse(loader.get_template("500.html").render({"status": status.value}), status=status)
    answer.headers["Retry-After"] = "1"
    return answer


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus, *, code: str, detail: str) -> HttpResponse:
    body = {"type": f"/problems/{code}", "title": status.phrase, "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
