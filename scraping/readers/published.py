"""A reading as plain JSON values, in the shape that ``parse_page --json`` promises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from leads.records import PUBLISHED_FIELDS, ListingRecord
from scraping.readers.page import MAX_FILE_BYTES, PageReading, UnreadablePage


def published_reading(reading: PageReading) -> dict[str, Any]:
    """``{"page", "reason", "records"}``."""
    records = [published_record(record) for record in reading.records]
    return {"page": reading.page, "reason": reading.reason, "records": records}


def published_record(record: ListingRecord) -> dict[str, Any]:
    """The record's public keys, absent facts ``None``, and ``lost``: what the layout shows and the page does not.

    A ZIP's centre is no fact of the page: left out.
    """
    values = {name: _plain(getattr(record, name)) for name in PUBLISHED_FIELDS}
    if record.point_source != "page":
        values["lat"] = values["lng"] = None
    return {**values, "lost": sorted(record.lost_fields)}


def read_saved_file(path: Path) -> bytes:
    """The bytes of a saved page.

    :raises UnreadablePage: if there is no such file, it may not be read, or it is larger than the readers take
    """
    try:
        with path.open("rb") as file:
            body = file.read(MAX_FILE_BYTES + 1)  # not its size: a pipe has none, a device no end
    except OSError as error:
        raise UnreadablePage(f"{path} cannot be read: {error.strerror}.") from error
    if len(body) > MAX_FILE_BYTES:
        raise UnreadablePage(f"{path} is larger than {MAX_FILE_BYTES // 1024 // 1024} MB.")
    return body


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
