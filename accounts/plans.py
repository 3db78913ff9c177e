"""What the plans grant, by entitlement key. Starter is every organisation's floor."""

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
    }
)
SEATS: Final = MappingProxyType({"Starter": 1, "Pro": 5, "Premium": 25})
"""How many people each plan seats, invitations counted: an agent alone; a team around one; an office.

Who only looks takes a seat as well, as they may read owners' contacts. A plan that ends shuts nobody out; nobody
more comes in until there is room again.
"""
ACCESS: Final = MappingProxyType(
    {
        "Starter": {
            key: STARTER[key]
            for key in ("early_minutes", "territories", "territory_zips", "territory_square_miles", "waitlists")
        },
        "Pro": {
            "early_minutes": 5,
            "territories": 10,
            "territory_zips": 600,
            "territory_square_miles": 3_000,
            "waitlists": 25,
        },
        "Premium": {
            "early_minutes": 10,
            "territories": 30,
            "territory_zips": 2_000,
            "territory_square_miles": 10_000,
            "waitlists": 50,
        },
    }
)
"""What each plan grants of being first: minutes before everybody, how much ground territories may cover, and for
how many leads one may wait.

The country has some 41,000 ZIP codes and 3.8 million square miles.
"""
CURRENT_TERMS_VERSION: Final = "2026-11"
