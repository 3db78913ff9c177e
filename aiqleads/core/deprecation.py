"""How the API takes leave of an operation: it says so for half a year in every answer, and in the document."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeVar

from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

SHORTEST: Final = timedelta(days=180)
"""How long an operation goes on working after it was deprecated."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Since when an operation is deprecated, when it ends, and the address that takes its place."""

    since: date
    sunset: date
    instead: str

    def put_on(self, response: Response) -> None:
        """``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and the successor's ``Link``."""
        response.headers["Deprecation"] = f"@{_seconds(self.since)}"
        response.headers["Sunset"] = http_date(_seconds(self.sunset))
        successor = f'<{self.instead}>; rel="successor-version"'
        response.headers["Link"] = ", ".join(filter(None, (response.headers.get("Link"), successor)))


def deprecated(*, since: date, sunset: date, instead: str) -> Callable[[Handler], Handler]:
    """Mark a view's method. Its answers and refusals carry the headers; the document shows it as deprecated.

    :raises ValueError: it would end before ``SHORTEST`` is over
    """
    if sunset - since < SHORTEST:
        raise ValueError(f"An operation works for {SHORTEST.days} days after it was deprecated.")

    def marked(handler: Handler) -> Handler:
        described: Handler = extend_schema(deprecated=True)(handler)
        described.leave = Leave(since=since, sunset=sunset, instead=instead)  # type: ignore[attr-defined]
        return described

    return marked


def leave_of(handler: object) -> Leave | None:
    """What a view's method was marked with."""
    leave = getattr(handler, "leave", None)
    return leave if isinstance(leave, Leave) else None


def _seconds(day: date) -> int:
    """Its first moment, in seconds since 1970."""
    return int(datetime.combine(day, time.min, tzinfo=UTC).timestamp())
