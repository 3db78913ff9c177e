"""What services raise where a caller can expect it. How a door says so stands in ``problems`` and in the views."""

from http import HTTPStatus
from typing import Any, Final

CHALLENGE: Final = 'Bearer realm="api"'
"""What a 401 answers with: how to prove who asks."""


class Refusal(Exception):
    """Something a caller can expect: a state of the world that forbids what was asked. Nothing was changed.

    :cvar status: how a door answers (409 somebody else has it, 402 not enough credits, 422 refused)
    :cvar code: the stable word for programs
    :cvar remedy: what a caller does about it. With the docstring it is the page ``/problems/<code>``
    """

    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    code: str = "refused"
    remedy: str = "Change what `detail` names and send it again."

    def __init__(self, detail: str, *, field: str | None = None, **facts: Any) -> None:
        """``field`` is the service's argument that was at fault, for forms; ``facts`` are for programs."""
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.facts = facts
