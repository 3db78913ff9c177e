"""What asks operators to prove once more who they are, before they do what is sensitive.

Core knows no users: the app that does puts its question here when it is ready.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse

Method = TypeVar("Method", bound=Callable[..., HttpResponse | None])


def _nobody_asks(request: HttpRequest) -> HttpResponse | None:
    raise NotImplementedError("no app says how operators prove who they are")


ask_first: Callable[[HttpRequest], HttpResponse | None] = _nobody_asks
"""Where to send somebody to prove who they are, or None when they did of late."""


def guarded(method: Method) -> Method:
    """An admin's method that only whoever proved of late who they are comes through to."""

    @wraps(method)
    def asking(admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        return ask_first(request) or method(admin, request, *args, **kwargs)

    return cast(Method, asking)
