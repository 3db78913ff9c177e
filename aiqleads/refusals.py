"""Middleware: input that libraries answer with a stack trace, or with a page of status 200, is refused with 400."""

from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import InvalidPage
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import sync_only_middleware

from aiqleads.failures import bad_request

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

UNREADABLE_BY_THE_ADMIN = (DataError, InvalidPage, LookupError, RecursionError, ValidationError, ValueError)
LOOKUPS_NOBODY_OFFERS = ("__range", "__regex", "__iregex")


@sync_only_middleware
def readable_requests(get_response: GetResponse) -> GetResponse:
    """Refuse a body in another charset than UTF-8, and a cookie with a NUL.

    No browser sends either. Django would decode with any codec that Python has, rot13 included, and look the
    cookie up in a database that can hold no NUL.
    """

    def guarded(request: HttpRequest) -> HttpResponseBase:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise BadRequest("The body is not announced as UTF-8.")
        if any("\0" in value for value in request.COOKIES.values()):
            raise BadRequest("A cookie holds a NUL.")
        return get_response(request)

    return guarded


@sync_only_middleware
class RefusedForms:
    """A page that shows a form again because of its errors answers 400, whichever package renders it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        if request.method == "POST" and response.status_code == 200 and _has_errors(response):
            response.status_code = 400
        return response


def _has_errors(response: TemplateResponse) -> bool:
    context = response.context_data or {}
    return bool(getattr(context.get("form"), "errors", None) or context.get("errors"))


@sync_only_middleware
class AdminRefusals:
    """Query strings, ids and choices that the admin's own screens cannot read.

    The admin hands them to the database as they are. What it raises then looks the same whoever sent the value,
    so the log keeps the exception in case that it was ours after all.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_for_the_admin(request) and any(name.endswith(LOOKUPS_NOBODY_OFFERS) for name in request.GET):
            raise BadRequest("No filter of the admin asks so.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not _is_for_the_admin(request) or not isinstance(exception, UNREADABLE_BY_THE_ADMIN):
            return None
        log.error("admin.unreadable_request", path=request.path, exc_info=exception)
        return bad_request(request, exception)


def _is_for_the_admin(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/")
