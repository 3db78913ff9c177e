"""How an operation is described in the schema beyond what its view says."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter

from aiqleads.core import idempotency, problems, sparse
from aiqleads.core.api import FIELDS, NeverCached, ProblemSerializer

ONCE: Final = f"""Chosen by the client, at most {idempotency.LONGEST_KEY} characters. The same key again within
24 hours gets the same answer, with `{idempotency.REPLAYED}: true`. With another body it is refused (422), and while
the first request runs, too (409)."""


class Schema(AutoSchema):
    """Adds the headers that doors of members take."""

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *self._of_idempotency(), *self._of_reading()]

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        """With the refusal that ``fields`` can meet."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self._of_reading() and "400" not in bodies:
            described: Any = getattr(self, "_get_response_for_code")  # noqa: B009  (untyped where it comes from)
            bodies["400"] = described(ProblemSerializer, "400", [problems.CONTENT_TYPE], direction)
        return bodies

    def _of_reading(self) -> list[OpenApiParameter]:
        if self.method != "GET" or not isinstance(self.view, NeverCached) or self.view.is_file:
            return []
        says = "Of the answer only these: names, comma-separated, with dots for what lies deeper: `id,lead.city`."
        return [OpenApiParameter(FIELDS, {"type": "string", "pattern": sparse.PATTERN}, description=says)]

    def _of_idempotency(self) -> list[OpenApiParameter]:
        if self.method != "POST" or not getattr(self.view, "keeps_replies", False):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                {"type": "string", "pattern": idempotency.PATTERN, "maxLength": idempotency.LONGEST_KEY},
                OpenApiParameter.HEADER,
                required=getattr(self.view, "needs_idempotency_key", False),
                description=" ".join(ONCE.split()),
            )
        ]
