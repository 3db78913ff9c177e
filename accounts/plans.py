"""What every organisation may do without a plan, by entitlement key; plans are sold by ``billing``.

``seats`` counts people, open invitations among them; who only looks takes one as well, as they may read owners'
contacts. A plan that ends shuts nobody out; nobody more comes in until there is room again.
"""

from types import MappingProxyType
from typing import Final

STARTER: Final = MappingProxyType(
    {
        "hold_minutes": 5,
        "cart_minutes": 15,
        "may_extend": 0,
        "live_holds": 5,
        "waitlists": 10,
        "discount_percent": 0,
        "early_minutes": 0,
        "territories": 3,
        "territory_zips": 200,
        "territory_square_miles": 1_000,
        "seats": 1,
        "standing_orders": 3,
        "api_requests_per_minute": 600,
    }
)
CURRENT_TERMS_VERSION: Final = "2026-11"
