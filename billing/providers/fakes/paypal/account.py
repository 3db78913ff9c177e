"""A merchant's account: its clock, its ids, what it tells, and its balance's lines."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from billing.providers.fakes.paypal.demands import Refusal

Thing = dict[str, Any]
FEE_PER_MILLE: Final = 35
FEE_CENTS: Final = 49


class Account:
    """What orders, refunds and subscriptions share.

    :ivar shift: how far the account's clock is ahead
    :ivar lag: how late the balance's lines are listed
    """

    def __init__(self, *, base_url: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.base_url = base_url
        self.shift = timedelta()
        self.lag = timedelta(hours=3)
        self.events: list[Thing] = []
        self.waiting: list[Thing] = []
        """Events that were not delivered yet."""
        self.lines: list[Thing] = []
        self._clock = clock
        self._numbers = 0

    def now(self) -> datetime:
        """To the second, as PayPal tells time."""
        return (self._clock() + self.shift).replace(microsecond=0)

    def new_id(self, begins: str = "") -> str:
        """Seventeen letters and digits, or ``begins`` before twelve."""
        self._numbers += 1
        return f"{begins}{self._numbers:0{12 if begins else 17}X}"

    def tell(self, name: str, kind: str, resource: Thing) -> None:
        """Have an event wait for its delivery."""
        event = {
            "id": self.new_id("WH-"),
            "event_version": "1.0",
            "create_time": at(self.now()),
            "resource_type": kind,
            "event_type": name,
            "summary": name.replace(".", " ").lower(),
            "resource": resource,
            "links": [],
        }
        self.events.append(event)
        self.waiting.append(event)

    def move(
        self, code: str, thing_id: str, cents: int, *, fee: int = 0, about: str = "", custom: str = ""
    ) -> None:
        """Add a line to the balance; ``fee`` is what PayPal keeps."""
        now = at(self.now())
        line = {
            "transaction_id": thing_id,
            "transaction_event_code": code,
            "transaction_initiation_date": now,
            "transaction_updated_date": now,
            "transaction_amount": money(cents),
            "fee_amount": money(-fee),
            "transaction_status": "S",
        }
        named = {"paypal_reference_id": about, "paypal_reference_id_type": "TXN"} if about else {}
        self.lines.append(line | named | ({"custom_field": custom} if custom else {}))

    def link(self, path: str, rel: str, method: str = "GET") -> Thing:
        return {"href": f"{self.base_url}{path}", "rel": rel, "method": method}


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def money(cents: int, currency: str = "USD") -> Thing:
    whole, hundredths = divmod(abs(cents), 100)
    return {"currency_code": currency, "value": f"{'-' if cents < 0 else ''}{whole}.{hundredths:02}"}


def cents(told: Thing) -> int:
    return int(told["value"].replace(".", ""))


def fee_of(amount: int) -> int:
    """What PayPal keeps of a payment."""
    return amount * FEE_PER_MILLE // 1_000 + FEE_CENTS


def found(things: dict[str, Thing], thing_id: str) -> Thing:
    """
    :raises Refusal: there is none of that id
    """
    if thing_id not in things:
        raise Refusal(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
    return things[thing_id]
