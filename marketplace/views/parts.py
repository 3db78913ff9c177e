"""How a page answers: whole, or the part of it that htmx asks for."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from accounts.access import MemberRequest, VisitorRequest


def page(
    request: VisitorRequest | MemberRequest,
    template: str,
    context: dict[str, Any],
    *,
    parts: tuple[str, ...] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Render ``template``, or only that one of its ``parts`` which htmx wants to replace."""
    wanted = request.htmx.target
    is_part = bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
    if is_part and wanted in parts:
        template, context = f"{template}#{wanted}", {**context, "is_swap": True}
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-Boosted", "HX-History-Restore-Request"])
    return response


def not_found(request: VisitorRequest | MemberRequest, says: str) -> HttpResponse:
    return render(request, "404.html", {"says": says}, status=HTTPStatus.NOT_FOUND)
