"""What the contract needs of a provider beside the port: its buyers, its bank and its clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from billing.providers.port import Provider, Started

Message = tuple[bytes, dict[str, str]]
"""A body, and its headers with names in lower case."""


class NotHere(Exception):
    """This desk cannot do it: a test mode without a browser, a provider without such a thing; a test is skipped."""


class Desk(Protocol):
    """One provider under test. A desk raises ``NotHere`` for what it cannot do."""

    provider: Provider

    def now(self) -> datetime:
        """By the provider's clock."""

    def pay(self, started: Started) -> None:
        """The buyer pays on the page."""

    def decline(self, started: Started) -> None:
        """The buyer tries to pay, and the bank says no."""

    def pay_slowly(self, started: Started) -> None:
        """The buyer pays by a way that takes days."""

    def settle(self, capture_id: str, *, comes: bool) -> None:
        """Such a payment comes, or does not."""

    def charges_do(self, method_id: str, *, decline: bool) -> None:
        """What a kept way of paying, or a subscription's, does from now on."""

    def dispute(self, capture_id: str) -> str:
        """The buyer's bank takes the money back; the dispute's id."""

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides."""

    def refund(self, capture_id: str, minor: int) -> str:
        """A refund at the provider's own desk; its id."""

    def renew(self, subscription_id: str, *, pays: bool) -> None:
        """Time passes until the period is over."""

    def lose_answers(self) -> None:
        """The next call acts, and however often it is repeated within the call, its answer is lost."""

    def messages(self) -> list[Message]:
        """Those since the last time, signed now, oldest first."""

    def is_forgery_told(self) -> bool:
        """Whether ``verify`` knows a forged message by itself, without asking the provider."""


@dataclass(frozen=True)
class Cast:
    """Who buys, and where they come back to."""

    organisation_id: str = "11111111-1111-4111-8111-111111111111"
    name: str = "Alice Homes"
    email: str = "alice@example.com"
    done_url: str = "https://leads.example.com/credits/done/"
    cancelled_url: str = "https://leads.example.com/credits/"
