"""What stays of an erased lead's rows: ids, times, and roughly where it was; nothing leads to a home."""

from typing import Any, Final

LEAD: Final[dict[str, Any]] = {
    "state_reason": "",
    "address_line": "",
    "street": "",
    "latitude": None,
    "longitude": None,
    "address_hash": "",
    "property_type": "",
    "beds": None,
    "baths": None,
    "area_sqft": None,
    "asking_price_cents": None,
    "summary": "",
    "features": [],
    "image_count": 0,
    "provenance": {},
    "posted_at": None,
}
OBSERVATION: Final[dict[str, Any]] = {"raw": None, "facts": {}, "address_hash": "", "door_hash": ""}
SCORE: Final[dict[str, Any]] = {"quality_evidence": [], "fraud_evidence": [], "facts": None}
