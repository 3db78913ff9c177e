"""Asking Stripe: a client that is bounded in time, and its refusals in the port's words.

Within one call the SDK asks twice at most, with the same key: a connection that was closed while it lay idle is no
reason to turn a buyer away. Whoever calls asks again later, with the same key too. Nothing here takes longer than
some twenty seconds.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
import stripe
from django.conf import settings
from stripe import StripeClient

from billing.providers.port import (
    KeyConflict,
    NotFound,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
)

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 7.0
RETRIES: Final = 1
_DECLINED: Final = "The card was declined. Please try another one."
_NEVER_LEFT: Final = (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError)

T = TypeVar("T")


def client(secret_key: str, *, api_base: str = "") -> StripeClient:
    """A client that speaks the version of the API that our settings pin.

    :param api_base: instead of Stripe's own address: our stand-in on this machine, and nothing else
    :raises ValueError: ``api_base`` is not on this machine
    """
    if api_base and not is_loopback(api_base):
        raise ValueError("STRIPE_API_BASE is for the stand-in on this machine: http://127.0.0.1:PORT")
    return StripeClient(
        secret_key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": api_base} if api_base else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
    )


def is_loopback(url: str) -> bool:
    """Whether an address is http on this machine."""
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


@contextmanager
def asking() -> Iterator[None]:
    """Have Stripe's refusals come as the port's.

    :raises ProviderRefused: a card was declined, or needs its owner
    :raises NotFound: there is no such object
    :raises ProviderUnreachable: no answer, 429, 409 or 5xx
    :raises KeyConflict: the idempotency key was used for something else
    :raises ProviderMisunderstood: all else: a malformed request, a secret key that is wrong
    """
    try:
        yield
    except stripe.CardError as error:
        raise ProviderRefused(declined_code(error), error.user_message or _DECLINED) from error
    except stripe.RateLimitError as error:
        raise ProviderUnreachable(_told(error), may_have_acted=False) from error
    except stripe.APIConnectionError as error:
        has_left = not isinstance(error.__cause__, _NEVER_LEFT) and "refused" not in str(error.__cause__)
        raise ProviderUnreachable(_told(error), may_have_acted=has_left) from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404 or error.code == "resource_missing":
            raise NotFound(error.code or "resource_missing", "Stripe knows no such object.") from error
        raise ProviderMisunderstood(_told(error)) from error
    except stripe.IdempotencyError as error:
        raise KeyConflict(_told(error)) from error
    except stripe.APIError as error:
        raise ProviderUnreachable(_told(error), may_have_acted=True) from error
    except stripe.StripeError as error:
        raise ProviderMisunderstood(_told(error)) from error


def declined_code(error: stripe.CardError) -> str:
    """Why the bank said no, as narrow as it says."""
    told = error.error
    return (told.decline_code if told else None) or error.code or "card_declined"


def expanded(value: Any, kind: type[T]) -> T:
    """An object that we asked to have told whole.

    :raises ProviderMisunderstood: only its id came, or something else
    """
    if not isinstance(value, kind):
        raise ProviderMisunderstood(f"Stripe told {type(value).__name__} where {kind.__name__} was asked for")
    return value


def id_of(value: Any) -> str:
    """The id of what is told as an id or whole; empty where it is nothing."""
    return value if isinstance(value, str) else str(value.id) if value else ""


def _told(error: stripe.StripeError) -> str:
    """What went wrong, without a body: bodies hold people's data."""
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''} {error.request_id or ''}".strip()
