"""PayPal, through its own SDK where that reaches. Loading it takes half a second: load it where it is asked."""

from billing.providers.paypal.adapter import PayPal, connect
from billing.providers.paypal.wire import LIVE, TEST, Credentials, is_address

__all__ = ["LIVE", "TEST", "Credentials", "PayPal", "connect", "is_address"]
