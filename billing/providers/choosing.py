"""Which providers take money here, by name: those whose key is set, and the sandbox while developing.

The module of each stands in ``settings.PAYMENT_ADAPTERS`` and has ``connect() -> Provider``, which reads the
settings. It is loaded when it is asked for first: the libraries of providers are heavy.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Final, cast

from django.conf import settings

from billing.errors import ProviderNotOffered
from billing.providers.port import Provider

WITH_THE_NEXT_PERIOD: Final = frozenset({"paypal"})
"""Those that change a plan with the next period alone."""


def offered() -> list[str]:
    """The names of those that members can pay by, in the order in which they are shown."""
    has = {
        "stripe": bool(settings.STRIPE_SECRET_KEY),
        "paypal": bool(settings.PAYPAL_CLIENT_ID),
        "sandbox": is_sandbox_open(),
    }
    return [name for name in settings.PAYMENT_ADAPTERS if has[name]]


def changes_within_a_period(name: str) -> bool:
    """Whether the one called so charges the difference of a dearer plan at once; else it begins with the next."""
    return name not in WITH_THE_NEXT_PERIOD


def provider(name: str) -> Provider:
    """The one called so.

    :raises ProviderNotOffered: it takes no money here: no key, or the sandbox outside of development
    """
    if name not in offered():
        raise ProviderNotOffered("Nobody of that name takes money here.", field="provider", offered=offered())
    return _adapter(settings.PAYMENT_ADAPTERS[name])


def is_sandbox_open() -> bool:
    """Whether play money counts: while developing alone, whatever the setting says."""
    return settings.PAYMENT_SANDBOX and settings.ENVIRONMENT.debug


@cache
def _adapter(module: str) -> Provider:
    connect = cast("Callable[[], Provider]", import_module(module).connect)
    return connect()
