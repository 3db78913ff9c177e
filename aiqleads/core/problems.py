"""RFC 9457 problem details: the one shape of an API error."""

from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from aiqleads.core.bodies import PayloadTooLarge
from aiqleads.core.keyset import BadCursor
from aiqleads.core.refusals import CHALLENGE, Refusal
from aiqleads.core.transactions import LockTimeout

CONTENT_TYPE: Final = "application/problem+json"


class UnknownCursor(exceptions.APIException):
    """A page's position that was not made here for this list."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "bad_cursor"
    default_detail = "This cursor is not ours. Start at the first page."
    remedy = "Start at the first page and follow `next` as it is given."


def problem(*, status: int, code: str, detail: str, **facts: Any) -> Response:
    """Build the problem document; ``facts`` are its extension members."""
    title = HTTPStatus(status).phrase
    body = {"type": f"/problems/{code}", "title": title, "status": status, "code": code, "detail": detail}
    return Response({**body, **facts}, status=status, content_type=CONTENT_TYPE)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler: refusals and its own errors as problem documents."""
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, LockTimeout):
        return _busy()
    error = _as_api_exception(error)
    answer = exception_handler(error, context)
    if answer is None or not isinstance(error, exceptions.APIException):
        return None
    document = problem(status=answer.status_code, code=_code(error), detail=_detail(error), **_facts(error))
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in answer.headers:
            document.headers[header] = answer.headers[header]
    return document


def _refused(refusal: Refusal) -> Response:
    document = problem(status=refusal.status, code=refusal.code, detail=refusal.detail, **refusal.facts)
    if "retry_after_seconds" in refusal.facts:
        document.headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        document.headers["WWW-Authenticate"] = CHALLENGE
    return document


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, BadCursor):
        return UnknownCursor()
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error


def _busy() -> Response:
    detail = "Many want this at the same moment. Nothing was changed; try again."
    document = problem(status=HTTPStatus.SERVICE_UNAVAILABLE, code="busy", detail=detail)
    document.headers["Retry-After"] = "1"
    return document


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    return codes if isinstance(codes, str) else str(error.default_code)


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "Some fields cannot be used; see errors."
    detail = error.detail
    return str(detail.get("detail", detail)) if isinstance(detail, dict) else str(detail)


def _facts(error: exceptions.APIException) -> dict[str, Any]:
    return {"errors": error.detail} if isinstance(error, exceptions.ValidationError) else {}
