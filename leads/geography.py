"""The public place of a home: near enough to judge the area by, too far off to find the door."""

import hmac
import math
from typing import Final
from uuid import UUID

from django.conf import settings

NEAREST_METRES: Final = 300
FARTHEST_METRES: Final = 800
METRES_PER_DEGREE: Final = 111_320


def public_point(*, lead_id: UUID, latitude: float, longitude: float) -> tuple[float, float]:
    """Move a point 300 to 800 m, in a direction that only our key knows and that never changes for a lead.

    Rounded to four decimals (11 m), which keeps the distance within its bounds by moving between 320 and 780 m.
    """
    key = settings.PERSONAL_DATA_KEYS[min(settings.PERSONAL_DATA_KEYS)].encode()
    digest = hmac.digest(key, b"public point" + lead_id.bytes, "sha256")
    angle = int.from_bytes(digest[:8]) / 2**64 * 2 * math.pi
    metres = NEAREST_METRES + 20 + int.from_bytes(digest[8:16]) / 2**64 * (FARTHEST_METRES - NEAREST_METRES - 40)
    north, east = metres * math.cos(angle), metres * math.sin(angle)
    moved_latitude = latitude + north / METRES_PER_DEGREE
    moved_longitude = longitude + east / (METRES_PER_DEGREE * max(0.01, math.cos(math.radians(latitude))))
    return round(moved_latitude, 4), round(moved_longitude, 4)
