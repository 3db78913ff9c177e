"""What a caller is told when the product itself fails: a page for people, a problem document for programs."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.views import defaults

from aiqleads.core.problems import CONTENT_TYPE


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: names no cause, which is in the log."""
    if not request.path.startswith("/api/"):
        return HttpResponseServerError(defaults.server_error(request).content)
    body = {
        "type": "/problems/error",
        "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        "status": HTTPStatus.INTERNAL_SERVER_ERROR,
        "code": "error",
        "detail": "Something broke on our side. Try again later.",
    }
    return JsonResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR, content_type=CONTENT_TYPE)
