"""A stand-in for Stripe over loopback: its API as far as we ask it, its pages, its messages and a control plane."""

from billing.providers.fakes.stripe.app import StripeFake
from billing.providers.fakes.stripe.control import Control, Does

__all__ = ["Control", "Does", "StripeFake"]
