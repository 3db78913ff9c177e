"""Which providers take money here, by name: those whose key is set, and the sandbox while developing.

An adapter's module is loaded when it is asked for first: the libraries of providers are heavy.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Final, cast

from django.conf import settings

from billing.errors import ProviderNotOffered
from billing.providers.port import Provider

ADAPTERS: Final[Mapping[str, str]] = {
    "stripe": "billing.providers.stripe",
    "paypal": "billing.providers.paypal",
    "sandbox": "billing.providers.sandbox",
}
"""Each module has ``connect() -> Provider``, which reads the settings."""


def offered() -> list[str]:
    """The names of those that members can pay by, in the order in which they are shown."""
    has = {
        "stripe": bool(settings.STRIPE_SECRET_KEY),
        "paypal": bool(settings.PAYPAL_CLIENT_ID),
        "sandbox": is_sandbox_open(),
    }
    return [name for name in ADAPTERS if has[name]]


def provider(name: str) -> Provider:
    """The one called so.

    :raises ProviderNotOffered: it takes no money here: no key, or the sandbox outside of development
    """
    if name not in offered():
        raise ProviderNotOffered("Nobody of that name takes money here.", field="provider", offered=offered())
    return _adapter(name)


def is_sandbox_open() -> bool:
    """Whether play money counts: while developing alone, whatever the setting says."""
    return settings.PAYMENT_SANDBOX and settings.ENVIRONMENT.debug


@cache
def _adapter(name: str) -> Provider:
    connect = cast("Callable[[], Provider]", import_module(ADAPTERS[name]).connect)
    return connect()
