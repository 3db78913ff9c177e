"""What the plans grant, by entitlement key. Starter is every organisation's floor."""

from types import MappingProxyType
from typing import Final

STARTER: Final = MappingProxyType(
    {"hold_minutes": 5, "cart_minutes": 15, "may_extend": 0, "live_holds": 5, "discount_percent": 0}
)
CURRENT_TERMS_VERSION: Final = "2026-11"
