"""Stripe Tax, asked apart from any payment: what is added to a price, what came in of it, and what went back.

A calculation moves nothing and is asked without a key. A report has our payment's or credit note's id as its
reference, which Stripe takes once, and as its key, under which a lost answer is told again for a day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Final

import stripe
from django.conf import settings
from stripe.params.tax import (
    CalculationCreateParams,
    CalculationCreateParamsLineItem,
    TransactionCreateReversalParams,
)
from stripe.tax import Calculation, CalculationLineItem, Transaction

from billing.providers.port import (
    Money,
    Place,
    ProviderMisunderstood,
    ProviderRefused,
    TaxAnswer,
    TaxBack,
    TaxOffice,
    TaxPart,
    TaxQuestion,
    TaxReported,
)
from billing.providers.stripe_calls import asking, client
from billing.providers.stripe_reading import moment, money, protocol

PLACE_UNKNOWN: Final = "place_unknown"
_NOWHERE: Final = frozenset({"customer_tax_location_invalid", "invalid_tax_location", "postal_code_invalid"})
_PARTS: Final = ["line_items.data.tax_breakdown"]
_REFUSED: Final = frozenset({400, 404, 409})


def connect() -> TaxOffice:
    """The account of the settings."""
    return StripeTax(
        settings.STRIPE_SECRET_KEY, api_base=settings.STRIPE_API_BASE, tax_code=settings.STRIPE_TAX_CODE
    )


class StripeTax:
    """One account at Stripe.

    :param api_base: of the stand-in on this machine, or nothing
    :param tax_code: Stripe's word for what credits are; the account's own where nothing is said
    """

    def __init__(self, secret_key: str, *, api_base: str = "", tax_code: str = "") -> None:
        self._tax = client(secret_key, api_base=api_base).v1.tax
        self._tax_code = tax_code

    def reckon(self, question: TaxQuestion) -> TaxAnswer:
        line: CalculationCreateParamsLineItem = {
            "amount": question.net.minor,
            "reference": question.reference,
            "tax_behavior": "exclusive",
        }
        if self._tax_code:
            line["tax_code"] = self._tax_code
        params: CalculationCreateParams = {
            "currency": question.net.currency.lower(),
            "customer_details": {"address": _address(question.place), "address_source": "billing"},
            "line_items": [line],
            "expand": _PARTS,
        }
        with asking(), _placing():
            told = self._tax.calculations.create(params)
        answered = answer(told)
        if answered.net != question.net:
            raise ProviderMisunderstood("Stripe reckoned the tax of another price")
        return answered

    def report(self, *, calculation_id: str, reference: str) -> TaxReported:
        with asking(), _refusing():
            told = self._tax.transactions.create_from_calculation(
                {"calculation": calculation_id, "reference": reference, "expand": ["line_items"]},
                {"idempotency_key": f"tax:{reference}"},
            )
        return reported(told)

    def take_back(self, back: TaxBack) -> str:
        params: TransactionCreateReversalParams = {
            "mode": "full" if back.is_whole else "partial",
            "original_transaction": back.reported.transaction_id,
            "reference": back.reference,
        }
        if not back.is_whole:
            params["line_items"] = [
                {
                    "amount": -back.net.minor,
                    "amount_tax": -back.tax.minor,
                    "original_line_item": back.reported.line_id,
                    "reference": back.reference,
                }
            ]
        with asking(), _refusing():
            told = self._tax.transactions.create_reversal(params, {"idempotency_key": f"tax:{back.reference}"})
        return reversed_as(told)


@contextmanager
def _placing() -> Iterator[None]:
    """
    :raises ProviderRefused: Stripe cannot tell where the address is
    """
    try:
        yield
    except stripe.InvalidRequestError as error:
        if error.code in _NOWHERE:
            says = "Tax is reckoned by your billing address, and we cannot find it: look at street and postal code."
            raise ProviderRefused(PLACE_UNKNOWN, says) from error
        raise


@contextmanager
def _refusing() -> Iterator[None]:
    """
    :raises ProviderRefused: Stripe will not take this report, however often it is asked
    """
    try:
        yield
    except stripe.InvalidRequestError as error:
        if error.http_status in _REFUSED:
            code = error.code or f"{error.param or 'request'}_refused"
            raise ProviderRefused(code, "Stripe Tax does not take this report.") from error
        raise


def _address(place: Place) -> stripe.params.tax.CalculationCreateParamsCustomerDetailsAddress:
    return {
        "country": place.country,
        "state": place.region,
        "postal_code": place.postal_code,
        "city": place.city,
        "line1": place.street,
    }


@protocol
def answer(told: Calculation) -> TaxAnswer:
    """What Stripe reckoned, told with its line and who levies it."""
    lines = told.line_items.data if told.line_items else []
    if len(lines) != 1 or not told.id:
        raise ProviderMisunderstood("a calculation of other lines than one is none of ours")
    tax = money(told.tax_amount_exclusive, told.currency)
    net = money(told.amount_total - told.tax_amount_exclusive - told.tax_amount_inclusive, told.currency)
    if told.tax_amount_inclusive or lines[0].amount_tax != tax.minor:
        raise ProviderMisunderstood("Stripe reckoned a tax that does not lie on top of the price")
    address = told.customer_details.address
    where = [address.country, address.state or ""] if address else []
    parts, millipercent = _parts(lines[0], tax)
    return TaxAnswer(
        calculation_id=told.id,
        net=net,
        tax=tax,
        millipercent=millipercent,
        label="Sales tax" if tax.minor and where[:1] == ["US"] else "Tax" if tax.minor else "",
        region="-".join(filter(None, where)),
        parts=parts,
        expires_at=moment(told.expires_at),
    )


def _parts(line: CalculationLineItem, tax: Money) -> tuple[tuple[TaxPart, ...], int]:
    """Who levies how much, and by which rate together: 0 where one goes by no rate or by part of the price."""
    levied = [part for part in line.tax_breakdown or () if part.amount]
    if sum(part.amount for part in levied) != tax.minor:
        raise ProviderMisunderstood("Stripe told parts of a tax that do not sum to it")
    rates = [_millipercent(part.tax_rate_details) for part in levied]
    is_one_rate = all(rates) and all(part.taxable_amount == line.amount for part in levied)
    told = tuple(
        TaxPart(
            says=part.jurisdiction.display_name + (f", {rate / 1_000:g} %" if rate else ""),
            tax=Money(minor=part.amount, currency=tax.currency),
        )
        for part, rate in zip(levied, rates, strict=True)
    )
    return told, sum(rates) if is_one_rate else 0


def _millipercent(rate: CalculationLineItem.TaxBreakdown.TaxRateDetails | None) -> int:
    """A rate in thousandths of a percent; 0 where there is none, or one that they cannot say."""
    try:
        thousandths = Decimal(rate.percentage_decimal) * 1_000 if rate else Decimal(0)
    except InvalidOperation as error:
        raise ProviderMisunderstood("Stripe told a rate that is no number") from error
    return int(thousandths) if thousandths == int(thousandths) else 0


@protocol
def reported(told: Transaction) -> TaxReported:
    """What Stripe was told, with its line."""
    lines = told.line_items.data if told.line_items else []
    if told.type != "transaction" or len(lines) != 1:
        raise ProviderMisunderstood("a transaction of other lines than one is none of ours")
    return TaxReported(transaction_id=told.id, line_id=lines[0].id)


@protocol
def reversed_as(told: Transaction) -> str:
    """The id of what went back."""
    if told.type != "reversal":
        raise ProviderMisunderstood("Stripe reported a sale where something went back")
    return told.id
