"""System checks on the settings of those who take the money."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks.registry import registry

from aiqleads.core.checks import TAG

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@register(TAG)
def check_providers(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [*_wrong_sandbox(), *_wrong_stripe(), *_wrong_paypal(), *_wrong_seller()]


def leave_out_those_of_mirrors() -> None:
    """Forget dj-stripe's checks: of its views, which no address leads to; they ask the database each time."""
    theirs = {check for check in registry.registered_checks if check.__module__ == "djstripe.checks"}
    registry.registered_checks -= theirs


def _wrong_seller() -> list[CheckMessage]:
    """Invoices over real money name who sold, and where they are."""
    takes_money = settings.STRIPE_SECRET_KEY or settings.PAYPAL_CLIENT_ID
    if not takes_money or settings.ENVIRONMENT.debug or (settings.COMPANY_NAME and settings.COMPANY_ADDRESS):
        return []
    hint = "Set COMPANY_NAME and COMPANY_ADDRESS to what stands on invoices."
    return [Error("Invoices would not say who sells.", hint=hint, id="billing.E007")]


def _wrong_sandbox() -> list[CheckMessage]:
    """Play money buys real leads: nobody but developers may have it."""
    if not settings.PAYMENT_SANDBOX or settings.ENVIRONMENT.debug:
        return []
    hint = "Unset PAYMENT_SANDBOX, or set DEBUG=true where no lead is real."
    return [Error("PAYMENT_SANDBOX would sell for play money.", hint=hint, id="billing.E001")]


def _wrong_stripe() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_WEBHOOK_SECRETS:
        hint = "Set STRIPE_WEBHOOK_SECRETS to the signing secret (whsec_…) of the webhook endpoint."
        found.append(Error("Stripe's messages could not be verified.", hint=hint, id="billing.E002"))
    if settings.STRIPE_TAX and not settings.STRIPE_SECRET_KEY:
        hint = "Set STRIPE_SECRET_KEY, or unset STRIPE_TAX and import a table of rates."
        found.append(Error("Nobody could be asked for taxes.", hint=hint, id="billing.E008"))
    return [*found, *_wrong_base("STRIPE_API_BASE", settings.STRIPE_API_BASE, id="billing.E003")]


def _wrong_paypal() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.PAYPAL_CLIENT_ID and not (settings.PAYPAL_CLIENT_SECRET and settings.PAYPAL_WEBHOOK_ID):
        hint = "Set PAYPAL_CLIENT_SECRET and PAYPAL_WEBHOOK_ID beside PAYPAL_CLIENT_ID."
        found.append(Error("PayPal is named by half.", hint=hint, id="billing.E005"))
    return [*found, *_wrong_base("PAYPAL_API_BASE", settings.PAYPAL_API_BASE, id="billing.E006")]


def _wrong_base(name: str, url: str, *, id: str) -> list[CheckMessage]:  # noqa: A002  (Django's word)
    """Another address than the provider's own is a stand-in's, which is on this machine."""
    if not url or urlsplit(url).hostname in _THIS_MACHINE:
        return []
    return [Error(f"{name} is not on this machine.", hint=f"Unset {name}.", id=id)]
