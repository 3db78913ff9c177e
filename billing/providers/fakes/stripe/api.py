"""The calls of the API that this account takes: which typed dictionary each is read by, and what it does."""

import re
from collections.abc import Callable
from typing import Any, Final

from billing.providers.fakes.stripe import shapes
from billing.providers.fakes.stripe.objects import DAY, Refusal, Thing, page
from billing.providers.fakes.stripe.plans import Plans, subscription_of

Act = Callable[[Plans, str, Thing], Thing]


def call(account: Plans, method: str, path: str, told: dict[str, Any]) -> Thing:
    """One call, answered as Stripe answers it.

    :raises Refusal: Stripe refuses it
    :raises Misshapen: the request is not one of its typed dictionaries
    """
    for verb, pattern, params, act in CALLS:
        if verb == method and (match := re.fullmatch(pattern, path)):
            asked = shapes.demand(params, told)
            expand = asked.get("expand", [])
            made = act(account, match.group(1) if match.groups() else "", asked)
            if made.get("object") == "list":
                inner = [name.removeprefix("data.") for name in expand]
                return {**made, "data": [account.told(one, inner) for one in made["data"]]}
            return account.told(made, expand)
    raise Refusal(
        404, "invalid_request_error", f"Unrecognized request URL ({method}: /v1/{path}).", code="url_invalid"
    )


def _one(kind: str) -> Act:
    return lambda account, thing_id, asked: account.get(thing_id, kind)


def _many(kind: str, holds: Callable[[Thing, Thing], bool] = lambda thing, asked: True) -> Act:
    def listed(account: Plans, thing_id: str, asked: Thing) -> Thing:
        since = asked.get("created", {}).get("gte", 0) if isinstance(asked.get("created"), dict) else 0
        found = [one for one in account.all(kind) if holds(one, asked) and one["created"] >= since]
        return page(found, lambda one: one, asked, f"/v1/{kind}s")

    return listed


def _events(account: Plans, thing_id: str, asked: Thing) -> Thing:
    """The events of thirty days."""
    oldest = account.now() - 30 * DAY
    since = max(asked["created"]["gte"] if isinstance(asked.get("created"), dict) else 0, oldest)
    found = [one for one in account.events if one["created"] >= since]
    return page(found, lambda one: one, asked, "/v1/events")


def _portal(account: Plans, thing_id: str, asked: Thing) -> Thing:
    customer = account.get(asked["customer"], "customer")
    session = account.make(
        "bps", "billing_portal.session", configuration="bpc_default", customer=customer["id"],
        return_url=asked.get("return_url"),
    )  # fmt: skip
    return {**session, "url": f"{account.base_url}/portal/{customer['id']}?back={asked.get('return_url', '')}"}


def _has_key(price: Thing, asked: Thing) -> bool:
    return price["lookup_key"] in asked.get("lookup_keys", [price["lookup_key"]])


def _is_its(invoice: Thing, asked: Thing) -> bool:
    return asked.get("subscription") in (None, subscription_of(invoice))


def _of_intent(refund: Thing, asked: Thing) -> bool:
    return asked.get("payment_intent") in (None, refund["payment_intent"])


def _is_active(rate: Thing, asked: Thing) -> bool:
    return asked.get("active") in (None, rate["active"])


CALLS: Final[tuple[tuple[str, str, str, Act], ...]] = (
    ("POST", r"checkout/sessions", "checkout.SessionCreateParams", lambda a, i, asked: a.open_page(asked)),
    ("GET", r"checkout/sessions/([^/]+)", "checkout.SessionRetrieveParams", _one("checkout.session")),
    (
        "POST",
        r"checkout/sessions/([^/]+)/expire",
        "checkout.SessionExpireParams",
        lambda a, i, asked: a.close_page(i),
    ),
    ("POST", r"payment_intents", "PaymentIntentCreateParams", lambda a, i, asked: a.charge_intent(asked)),
    ("GET", r"payment_intents/([^/]+)", "PaymentIntentRetrieveParams", _one("payment_intent")),
    ("GET", r"charges/([^/]+)", "ChargeRetrieveParams", _one("charge")),
    ("GET", r"setup_intents/([^/]+)", "SetupIntentRetrieveParams", _one("setup_intent")),
    ("GET", r"customers/([^/]+)", "CustomerRetrieveParams", _one("customer")),
    ("GET", r"payment_methods/([^/]+)", "PaymentMethodRetrieveParams", _one("payment_method")),
    ("GET", r"products/([^/]+)", "ProductRetrieveParams", _one("product")),
    ("GET", r"prices", "PriceListParams", _many("price", _has_key)),
    ("GET", r"prices/([^/]+)", "PriceRetrieveParams", _one("price")),
    ("POST", r"prices", "PriceCreateParams", lambda a, i, asked: a.make_price(asked)),
    ("GET", r"tax_rates", "TaxRateListParams", _many("tax_rate", _is_active)),
    ("POST", r"tax_rates", "TaxRateCreateParams", lambda a, i, asked: a.make_tax_rate(asked)),
    ("GET", r"subscriptions/([^/]+)", "SubscriptionRetrieveParams", _one("subscription")),
    ("POST", r"subscriptions/([^/]+)", "SubscriptionUpdateParams", lambda a, i, asked: a.change(i, asked)),
    ("DELETE", r"subscriptions/([^/]+)", "SubscriptionCancelParams", lambda a, i, asked: a.end(i)),
    ("GET", r"invoices", "InvoiceListParams", _many("invoice", _is_its)),
    ("GET", r"invoices/([^/]+)", "InvoiceRetrieveParams", _one("invoice")),
    ("POST", r"billing_portal/sessions", "billing_portal.SessionCreateParams", _portal),
    ("POST", r"refunds", "RefundCreateParams", lambda a, i, asked: a.give_back(asked)),
    ("GET", r"refunds", "RefundListParams", _many("refund", _of_intent)),
    ("GET", r"refunds/([^/]+)", "RefundRetrieveParams", _one("refund")),
    ("GET", r"disputes/([^/]+)", "DisputeRetrieveParams", _one("dispute")),
    ("POST", r"tax/calculations", "tax.CalculationCreateParams", lambda a, i, asked: a.calculate(asked)),
    (
        "POST",
        r"tax/transactions/create_from_calculation",
        "tax.TransactionCreateFromCalculationParams",
        lambda a, i, asked: a.report_tax(asked),
    ),
    (
        "POST",
        r"tax/transactions/create_reversal",
        "tax.TransactionCreateReversalParams",
        lambda a, i, asked: a.take_tax_back(asked),
    ),
    ("GET", r"events", "EventListParams", _events),
    ("GET", r"balance_transactions", "BalanceTransactionListParams", _many("balance_transaction")),
)
"""A verb, an address, the typed dictionary of its request, and what is done."""
