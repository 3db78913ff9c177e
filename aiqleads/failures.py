"""What a caller is told when a request fails outside every view: a page for people, a problem for programs."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from aiqleads.core.problems import CONTENT_TYPE


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``: a request that the framework itself would not read."""
    if not _is_program(request):
        return defaults.bad_request(request, exception)
    return _problem(HTTPStatus.BAD_REQUEST, code="bad_request", detail="This request cannot be read.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: names no cause, which is in the log."""
    if not _is_program(request):
        return defaults.server_error(request)
    says = "Something broke on our side. Try again later."
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, code="error", detail=says)


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: HTTPStatus, *, code: str, detail: str) -> HttpResponse:
    body = {"type": f"/problems/{code}", "title": status.phrase, "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
