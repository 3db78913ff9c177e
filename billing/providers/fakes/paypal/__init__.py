"""A stand-in for PayPal over loopback: its API as far as we ask it, its pages, its messages and a control plane."""

from billing.providers.fakes.paypal.app import PayPalFake
from billing.providers.fakes.paypal.control import Control, Does

__all__ = ["Control", "Does", "PayPalFake"]
