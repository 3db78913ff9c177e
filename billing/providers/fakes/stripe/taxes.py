"""Stripe Tax of the account: calculations, what was reported of them, and what went back.

Rates lie on states and are the stand-in's own; ``Control.levy`` sets others. Where no rate lies there is no
registration, and nothing is taxed.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from billing.providers.fakes.stripe.objects import DAY, Refusal, Thing
from billing.providers.fakes.stripe.payments import Payments

LIVES_DAYS: Final = 90
"""How long a calculation can be reported."""
ZIP_DIGITS: Final = 5


class Taxes(Payments):
    """What is added to prices.

    :ivar rates: by country and state, who levies how many percent: ``{"US-TX": [("Texas", "6.25")]}``
    :ivar page_address: what buyers type into a page that reckons tax by itself
    """

    def __init__(self, *, base_url: str = "http://127.0.0.1") -> None:
        super().__init__(base_url=base_url)
        self.rates: dict[str, list[tuple[str, str]]] = {"US-TX": [("Texas", "6.25"), ("Austin", "2")]}
        self.page_address: Thing = {"country": "US", "state": "TX", "postal_code": "78701"}

    def levied(self, net: int, address: Mapping[str, Any]) -> list[tuple[str, str, int]]:
        """Who levies how many percent and cents of a price at an address; halves go up."""
        place = f"{address['country']}-{address.get('state') or ''}".rstrip("-")
        return [
            (who, percent, int((net * Decimal(percent) / 100).quantize(Decimal(1), ROUND_HALF_UP)))
            for who, percent in self.rates.get(place, ())
        ]

    def calculate(self, asked: Thing) -> Thing:
        """A calculation for one address."""
        address = {name: value or None for name, value in asked["customer_details"]["address"].items()}
        _refuse_nowhere(address)
        lines = [self._line(told, address) for told in asked["line_items"]]
        tax = sum(line["amount_tax"] for line in lines)
        told = self.make(
            "taxcalc", "tax.calculation", currency=asked["currency"], customer=None,
            amount_total=sum(line["amount"] for line in lines) + tax, expires_at=self.now() + LIVES_DAYS * DAY,
            customer_details={"address": address, "address_source": "billing", "tax_ids": [],
                              "taxability_override": "none"},
            line_items=_list(lines), ship_from_details=None, shipping_cost=None, tax_amount_exclusive=tax,
            tax_amount_inclusive=0, tax_date=self.now(),
            tax_breakdown=[part for line in lines for part in self._breakdown(line["amount"], address)],
        )  # fmt: skip
        del told["created"]
        return told

    def _line(self, asked: Thing, address: Thing) -> Thing:
        if asked.get("tax_behavior") != "exclusive" or asked["amount"] <= 0:
            raise _invalid("Prices without their tax alone are known here.", "line_items[0][tax_behavior]")
        levied = self.levied(asked["amount"], address)
        line = self.make(
            "tax_li", "tax.calculation_line_item", amount=asked["amount"], metadata=None, product=None, quantity=1,
            amount_tax=sum(cents for _, _, cents in levied), reference=asked["reference"], tax_behavior="exclusive",
            tax_code=asked.get("tax_code") or "txcd_10000000",
            tax_breakdown=[
                {
                    "amount": cents, "sourcing": "destination", "taxability_reason": "standard_rated",
                    "taxable_amount": asked["amount"],
                    "jurisdiction": {"country": address["country"], "display_name": who, "level": "state",
                                     "state": address.get("state")},
                    "tax_rate_details": {"display_name": "Sales tax", "percentage_decimal": percent,
                                         "tax_type": "sales_tax"},
                }
                for who, percent, cents in levied
            ],
        )  # fmt: skip
        del line["created"]
        return line

    def _breakdown(self, net: int, address: Thing) -> list[Thing]:
        return [
            {
                "amount": cents, "inclusive": False, "taxability_reason": "standard_rated", "taxable_amount": net,
                "tax_rate_details": {"country": address["country"], "percentage_decimal": percent,
                                     "rate_type": "percentage", "state": address.get("state"),
                                     "tax_type": "sales_tax"},
            }
            for _, percent, cents in self.levied(net, address)
        ]  # fmt: skip

    def report_tax(self, asked: Thing) -> Thing:
        """A transaction made of a calculation that has not ended."""
        told = self.get(asked["calculation"], "tax.calculation")
        if told["expires_at"] <= self.now():
            raise _invalid("The calculation has expired.", "calculation", code="tax_calculation_expired")
        self._refuse_twice(asked["reference"])
        lines = [self._reported_line(line) for line in told["line_items"]["data"]]
        return self._transaction(asked, told, "transaction", lines)

    def _reported_line(self, line: Thing, *, amount: int | None = None, amount_tax: int | None = None) -> Thing:
        is_back = amount is not None
        reported = self.make(
            "tax_li", "tax.transaction_line_item", amount=line["amount"] if amount is None else amount,
            amount_tax=line["amount_tax"] if amount_tax is None else amount_tax, metadata={}, product=None,
            quantity=1, reference=line["reference"], tax_behavior="exclusive", tax_code=line["tax_code"],
            type="reversal" if is_back else "transaction",
            reversal={"original_line_item": line["id"]} if is_back else None,
        )  # fmt: skip
        del reported["created"]
        return reported

    def _transaction(self, asked: Thing, told: Thing, kind: str, lines: list[Thing]) -> Thing:
        back = {"original_transaction": asked.get("original_transaction")} if kind == "reversal" else None
        return self.make(
            "tax", "tax.transaction", currency=told["currency"], customer=None, line_items=_list(lines),
            customer_details=told["customer_details"], metadata=asked.get("metadata", {}), posted_at=self.now(),
            reference=asked["reference"], reversal=back, ship_from_details=None, shipping_cost=None,
            tax_date=told["tax_date"], type=kind,
        )  # fmt: skip

    def take_tax_back(self, asked: Thing) -> Thing:
        """A reversal of all of a transaction, or of a part of its line; never of more than is left."""
        told = self.get(asked["original_transaction"], "tax.transaction")
        if told["type"] != "transaction":
            raise _invalid("Only a transaction can be reversed.", "original_transaction")
        self._refuse_twice(asked["reference"])
        [line] = told["line_items"]["data"]
        if (asked["mode"] == "full") == ("line_items" in asked):
            raise _invalid("Lines are said in partial mode, and in it alone.", "line_items")
        parts = asked.get("line_items") or [{"amount": -line["amount"], "amount_tax": -line["amount_tax"]}]
        gone = [one for back in self._reversals(told) for one in back["line_items"]["data"]]
        for name in ("amount", "amount_tax"):
            if any(part[name] > 0 for part in parts):
                raise _invalid("What goes back is below zero.", f"line_items[0][{name}]")
            if -sum(part[name] for part in [*parts, *gone]) > line[name]:
                raise _invalid("More than is left of the transaction.", f"line_items[0][{name}]")
        if any(part.get("original_line_item", line["id"]) != line["id"] for part in parts):
            raise _invalid("No such line.", "line_items[0][original_line_item]")
        lines = [self._reported_line(line, amount=part["amount"], amount_tax=part["amount_tax"]) for part in parts]
        return self._transaction(asked, told, "reversal", lines)

    def _reversals(self, told: Thing) -> Sequence[Thing]:
        made = self.all("tax.transaction")
        return [one for one in made if (one["reversal"] or {}).get("original_transaction") == told["id"]]

    def _refuse_twice(self, reference: str) -> None:
        if any(one["reference"] == reference for one in self.all("tax.transaction")):
            raise _invalid("The reference was used before.", "reference", code="resource_already_exists")


def _refuse_nowhere(address: Mapping[str, Any]) -> None:
    """In the United States a postal code says where somebody is, and a state alone does not."""
    digits = (address.get("postal_code") or "")[:ZIP_DIGITS]
    if address["country"] == "US" and not (len(digits) == ZIP_DIGITS and digits.isdigit()):
        raise _invalid(
            "We could not determine the customer's tax location.",
            "customer_details[address]",
            code="customer_tax_location_invalid",
        )


def _list(things: list[Thing]) -> Thing:
    return {"object": "list", "data": things, "has_more": False, "url": "/v1/tax/lines"}


def _invalid(says: str, param: str, *, code: str = "") -> Refusal:
    return Refusal(400, "invalid_request_error", says, param=param, code=code)
