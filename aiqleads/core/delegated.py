"""Rows that were given to one operator, who has not the role for all of their kind.

Core knows no kinds: the app whose rows can be given puts its answer here when it is ready. A screen of the back
office says by ``given_along`` how its rows lead to such a row.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest


def _nothing_is_given(request: HttpRequest) -> Any:
    return ()


given: Callable[[HttpRequest], Any] = _nothing_is_given
"""The rows that were given to the operator of a request, as a query set or a list."""


def is_any(request: HttpRequest) -> bool:
    """Whether the operator of a request was given any; looked up once a request."""
    known: bool | None = getattr(request, "is_given_any", None)
    if known is None:
        found = given(request)
        known = bool(found.exists() if hasattr(found, "exists") else found)
        request.is_given_any = known  # type: ignore[attr-defined]
    return known
