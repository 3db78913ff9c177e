"""PayPal behind the port."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings

from aiqleads.core import clock
from billing.providers.paypal.messages import Messages
from billing.providers.paypal.orders import Orders
from billing.providers.paypal.plans import Plans
from billing.providers.paypal.refunds import Refunds
from billing.providers.paypal.wire import LIVE, TEST, Credentials


class PayPal(Orders, Plans, Refunds, Messages):
    """One that takes the money: see ``port.Provider``.

    :param now: the time that decides when a period is over
    :param base_url: PayPal's own address, its sandbox's, or the stand-in's on this machine
    """

    NAME: Final = "paypal"

    def __init__(self, credentials: Credentials, *, now: Callable[[], datetime], base_url: str = TEST) -> None:
        super().__init__(credentials, now=now, base_url=base_url)
        self.name: str = self.NAME
        self._monthly = {}


def connect() -> PayPal:
    """The one of our settings."""
    credentials = Credentials(
        client_id=settings.PAYPAL_CLIENT_ID,
        client_secret=settings.PAYPAL_CLIENT_SECRET,
        webhook_id=settings.PAYPAL_WEBHOOK_ID,
    )
    base_url = settings.PAYPAL_API_BASE or (LIVE if settings.PAYPAL_LIVE else TEST)
    return PayPal(credentials, now=clock.now, base_url=base_url)
