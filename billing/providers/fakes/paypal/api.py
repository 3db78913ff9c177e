"""The API's calls: a method and a path, what they read, and what they answer."""

import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from billing.providers.fakes.paypal import demands, signing
from billing.providers.fakes.paypal.account import Thing, at, found, moment
from billing.providers.fakes.paypal.demands import Refusal, answered
from billing.providers.fakes.paypal.plans import Plans

HOURS: Final = timedelta(hours=1)
DAYS: Final = timedelta(days=1)
MOST_SEARCHED: Final = timedelta(days=31)


class Asked:
    """One call: what stands in its path, its query and its body."""

    def __init__(self, ids: tuple[str, ...], query: Mapping[str, str], raw: bytes) -> None:
        self.ids = ids
        self.query = query
        self.raw = raw

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.raw) if self.raw else {}
        except ValueError as error:
            raise Refusal(400, "MALFORMED_REQUEST_JSON", "The request JSON is not well formed.") from error


Answer = tuple[int, Any]
Does = Callable[[Plans, Asked], Answer]


def _orders_make(account: Plans, asked: Asked) -> Answer:
    return 201, answered("order", account.shown(account.create_order(asked.body)))


def _orders_show(account: Plans, asked: Asked) -> Answer:
    return 200, answered("order", account.shown(account.order(asked.id)))


def _orders_change(account: Plans, asked: Asked) -> Answer:
    account.mark_order(asked.id, asked.body)
    return 204, None


def _orders_capture(account: Plans, asked: Asked) -> Answer:
    return 201, answered("order", account.shown(account.capture(asked.id)))


def _captures_show(account: Plans, asked: Asked) -> Answer:
    return 200, answered("capture", found(account.captures, asked.id))


def _captures_refund(account: Plans, asked: Asked) -> Answer:
    return 201, answered("refund", account.refund(asked.id, asked.body))


def _refunds_show(account: Plans, asked: Asked) -> Answer:
    return 200, answered("refund", found(account.made_refunds, asked.id))


def _setups_make(account: Plans, asked: Asked) -> Answer:
    return 201, answered("setup_token", account.create_setup(asked.body))


def _setups_show(account: Plans, asked: Asked) -> Answer:
    return 200, answered("setup_token", found(account.setups, asked.id))


def _tokens_make(account: Plans, asked: Asked) -> Answer:
    return 201, answered("payment_token", account.exchange(asked.body))


def _tokens_list(account: Plans, asked: Asked) -> Answer:
    mine = [one for one in account.tokens.values() if one["customer"]["id"] == asked.query.get("customer_id")]
    return 200, answered("payment_tokens", {"payment_tokens": mine})


def _products_make(account: Plans, asked: Asked) -> Answer:
    return 201, account.create_product(asked.body)


def _products_show(account: Plans, asked: Asked) -> Answer:
    return 200, found(account.products, asked.id)


def _plans_make(account: Plans, asked: Asked) -> Answer:
    return 201, answered("plan", account.create_plan(asked.body))


def _plans_list(account: Plans, asked: Asked) -> Answer:
    page, size = int(asked.query.get("page", 1)), int(asked.query.get("page_size", 10))
    return 200, answered("plans", account.plans_of(asked.query.get("product_id", ""), page=page, size=size))


def _plans_show(account: Plans, asked: Asked) -> Answer:
    return 200, answered("plan", found(account.plans, asked.id))


def _subscriptions_make(account: Plans, asked: Asked) -> Answer:
    made = account.create_subscription(asked.body)
    return 201, answered("subscription", account.shown_subscription(made["id"]))


def _subscriptions_show(account: Plans, asked: Asked) -> Answer:
    has_plan = asked.query.get("fields") == "plan"
    return 200, answered("subscription", account.shown_subscription(asked.id, with_plan=has_plan))


def _subscriptions_change(account: Plans, asked: Asked) -> Answer:
    account.patch(asked.id, asked.body)
    return 204, None


def _subscriptions_revise(account: Plans, asked: Asked) -> Answer:
    return 200, answered("revised", account.revise(asked.id, asked.body))


def _subscriptions_tell(account: Plans, asked: Asked) -> Answer:
    account.change_status(asked.id, asked.ids[1], asked.body)
    return 204, None


def _subscriptions_payments(account: Plans, asked: Asked) -> Answer:
    since, until = moment(asked.query["start_time"]), moment(asked.query["end_time"])
    return 200, answered("transactions", account.payments_of(asked.id, since=since, until=until))


def _disputes_show(account: Plans, asked: Asked) -> Answer:
    return 200, found(account.disputes, asked.id)


def _disputes_list(account: Plans, asked: Asked) -> Answer:
    mine = account.disputes_of(asked.query.get("disputed_transaction_id", ""))
    return 200, {"items": [{"dispute_id": one["dispute_id"], "status": one["status"]} for one in mine]}


def _search(account: Plans, asked: Asked) -> Answer:
    since, until = moment(asked.query["start_date"]), moment(asked.query["end_date"])
    if until - since > MOST_SEARCHED:
        raise Refusal(400, "INVALID_REQUEST", "Date range is greater than 31 days")
    seen = account.now() - account.lag
    code, size = asked.query.get("transaction_type"), int(asked.query.get("page_size", 100))
    lines = [
        {"transaction_info": one}
        for one in account.lines
        if since <= moment(one["transaction_initiation_date"]) <= min(until, seen)
        and code in (None, one["transaction_event_code"])
    ]
    page, pages = int(asked.query.get("page", 1)), max(1, -(-len(lines) // size))
    listed = {"transaction_details": lines[(page - 1) * size : page * size], "page": page, "total_pages": pages}
    return 200, answered("search", listed | {"last_refreshed_datetime": at(seen)})


def _events(account: Plans, asked: Asked) -> Answer:
    since, until = moment(asked.query["start_time"]), moment(asked.query["end_time"])
    size, skipped = int(asked.query.get("page_size", 10)), int(asked.query.get("skip", 0))
    mine = [one for one in reversed(account.events) if since <= moment(one["create_time"]) <= until]
    links = []
    if len(mine) > skipped + size:
        query = f"start_time={at(since)}&end_time={at(until)}&page_size={size}&skip={skipped + size}"
        links = [account.link(f"/v1/notifications/webhooks-events?{query}", "next")]
    return 200, {"events": mine[skipped : skipped + size], "count": len(mine), "links": links}


def _verify(account: Plans, asked: Asked) -> Answer:
    """As PayPal: what was signed is the checksum of the body's own bytes, wherever they come from."""
    told = demands.taken(demands.Verification, asked.body)
    begins = re.search(rb'"webhook_event"\s*:\s*', asked.raw)
    body = asked.raw[begins.end() :].rstrip()[:-1].rstrip() if begins else b""
    signed = signing.signature(
        told["transmission_id"], told["transmission_time"], told["webhook_id"], zlib.crc32(body)
    )
    is_ours = signed == told["transmission_sig"] and told["cert_url"].startswith(account.base_url + "/")
    return 200, {"verification_status": "SUCCESS" if is_ours else "FAILURE"}


_ID: Final = r"([^/]+)"
CALLS: Final[tuple[tuple[str, re.Pattern[str], Does, timedelta | None], ...]] = tuple(
    (method, re.compile(path), does, kept)
    for method, path, does, kept in (
        ("POST", r"/v2/checkout/orders", _orders_make, 6 * HOURS),
        ("GET", rf"/v2/checkout/orders/{_ID}", _orders_show, None),
        ("PATCH", rf"/v2/checkout/orders/{_ID}", _orders_change, None),
        ("POST", rf"/v2/checkout/orders/{_ID}/capture", _orders_capture, 6 * HOURS),
        ("GET", rf"/v2/payments/captures/{_ID}", _captures_show, None),
        ("POST", rf"/v2/payments/captures/{_ID}/refund", _captures_refund, 45 * DAYS),
        ("GET", rf"/v2/payments/refunds/{_ID}", _refunds_show, None),
        ("POST", r"/v3/vault/setup-tokens", _setups_make, 3 * HOURS),
        ("GET", rf"/v3/vault/setup-tokens/{_ID}", _setups_show, None),
        ("POST", r"/v3/vault/payment-tokens", _tokens_make, 3 * HOURS),
        ("GET", r"/v3/vault/payment-tokens", _tokens_list, None),
        ("POST", r"/v1/catalogs/products", _products_make, 3 * DAYS),
        ("GET", rf"/v1/catalogs/products/{_ID}", _products_show, None),
        ("POST", r"/v1/billing/plans", _plans_make, 3 * DAYS),
        ("GET", r"/v1/billing/plans", _plans_list, None),
        ("GET", rf"/v1/billing/plans/{_ID}", _plans_show, None),
        ("POST", r"/v1/billing/subscriptions", _subscriptions_make, 3 * DAYS),
        ("GET", rf"/v1/billing/subscriptions/{_ID}", _subscriptions_show, None),
        ("PATCH", rf"/v1/billing/subscriptions/{_ID}", _subscriptions_change, None),
        ("POST", rf"/v1/billing/subscriptions/{_ID}/revise", _subscriptions_revise, None),
        ("GET", rf"/v1/billing/subscriptions/{_ID}/transactions", _subscriptions_payments, None),
        ("POST", rf"/v1/billing/subscriptions/{_ID}/(suspend|activate|cancel)", _subscriptions_tell, None),
        ("GET", r"/v1/customer/disputes", _disputes_list, None),
        ("GET", rf"/v1/customer/disputes/{_ID}", _disputes_show, None),
        ("GET", r"/v1/reporting/transactions", _search, None),
        ("GET", r"/v1/notifications/webhooks-events", _events, None),
        ("POST", r"/v1/notifications/verify-webhook-signature", _verify, None),
    )
)
"""A method, a path, what it does, and how long a ``PayPal-Request-Id`` is kept."""


def call(method: str, path: str) -> tuple[Does, tuple[str, ...], timedelta | None]:
    """What a method and a path mean.

    :raises Refusal: nothing
    """
    for known, pattern, does, kept in CALLS:
        if known == method and (told := pattern.fullmatch(path)):
            return does, told.groups(), kept
    raise Refusal(404, "NOT_FOUND", f"no {method} {path}")


def minimal(told: Thing) -> Thing:
    """What is told of a new object to whom did not ask for the whole of it."""
    return {name: told[name] for name in ("id", "status", "links", "create_time", "plan_id") if name in told}
