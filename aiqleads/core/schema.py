"""How an operation is described in the schema beyond what its view says."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from aiqleads.core import idempotency

ONCE: Final = f"""Chosen by the client, at most {idempotency.LONGEST_KEY} characters. The same key again within
24 hours gets the same answer, with `{idempotency.REPLAYED}: true`. With another body it is refused (422), and while
the first request runs, too (409)."""


class Schema(AutoSchema):
    """Adds the headers that doors of members take."""

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *self._of_idempotency()]

    def _of_idempotency(self) -> list[OpenApiParameter]:
        if self.method != "POST" or not getattr(self.view, "keeps_replies", False):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=getattr(self.view, "needs_idempotency_key", False),
                description=" ".join(ONCE.split()),
            )
        ]
