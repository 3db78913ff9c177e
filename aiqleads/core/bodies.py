"""How the API reads a body: JSON of a bounded length and depth, and files where an address takes some."""

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import SuspiciousMultipartForm
from rest_framework import exceptions, parsers, status

MOST_FORM_BYTES: Final = 20 * 1024 * 1024
_HALF_A_CHARACTER: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class PayloadTooLarge(exceptions.APIException):
    """The body is longer than the product reads."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = "The request body is too large."
    remedy = "Send less at a time."


class BoundedJSONParser(parsers.JSONParser):
    """Reads JSON up to ``most_bytes`` (``DATA_UPLOAD_MAX_MEMORY_SIZE`` unless told) and a sane depth."""

    most_bytes: int | None = None

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        limit = self.most_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        try:
            told = super().parse(BytesIO(body), media_type, parser_context)
            if _HALF_A_CHARACTER.search(body):
                _require_text(told)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from error
        return told


def _require_text(told: Any) -> None:
    """Two halves make a character; one alone can neither be kept nor repeated in an answer."""
    try:
        json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise exceptions.ParseError("JSON parse error - half a character stands alone") from error


class LongJSONParser(BoundedJSONParser):
    """For the addresses that take many rows."""

    most_bytes = 6_000_000


class BoundedFormParser(parsers.MultiPartParser):
    """Reads a form with files up to ``MOST_FORM_BYTES``, of which text may be as long as JSON."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_FORM_BYTES:
            raise PayloadTooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousMultipartForm as error:
            raise exceptions.ParseError("The form cannot be read.") from error
