"""What operators are told to switch on is what is acted upon: page and code name the same events and settings."""

import json
import re
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from django.conf import settings
from stripe.params import WebhookEndpointCreateParams

from billing.providers import stripe_messages
from billing.providers.paypal import messages as paypal_messages
from billing.providers.paypal import shapes
from billing.providers.port import ObjectKind
from billing.services import hints

ROOT: Final = Path(settings.BASE_DIR)
PAGE: Final = (ROOT / "docs/operations/taking-money.md").read_text()
STRIPE_NAMES: Final = set(
    re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", PAGE.split("## Stripe")[1].split("## PayPal")[0])
)
PAYPAL_NAMES: Final = set(re.findall(r"`([A-Z]+(?:\.[A-Z-]+)+)`", PAGE.split("## PayPal")[1]))
OBJECTS: Final = {
    "checkout.session": "checkout.session", "payment_intent": "payment_intent", "charge.dispute": "dispute",
    "charge.refund": "refund", "charge": "charge", "refund": "refund", "customer.subscription": "subscription",
    "invoice": "invoice",
}  # fmt: skip
SAY_NOTHING_NEW: Final = {
    "charge.captured", "charge.expired", "charge.failed", "charge.pending", "charge.refund.updated",
    "charge.succeeded", "charge.updated", "customer.subscription.trial_will_end", "invoice.created",
    "invoice.deleted", "invoice.finalization_failed", "invoice.overdue", "invoice.overpaid",
    "invoice.payment_attempt_required", "invoice.payment_succeeded", "invoice.sent", "invoice.upcoming",
    "invoice.updated", "invoice.will_be_due", "payment_intent.amount_capturable_updated", "payment_intent.created",
    "payment_intent.partially_funded", "payment_intent.requires_action",
}  # fmt: skip
"""Of objects that we look at, and off: another event of the same moment is on, or no money has moved."""


def object_of(name: str) -> str:
    """What Stripe calls the object that an event of this name tells of."""
    return next((OBJECTS[start] for start in OBJECTS if name.startswith(f"{start}.")), "")


def stripes(name: str) -> ObjectKind:
    thing: dict[str, Any] = {"id": "x_1", "object": object_of(name), "payment_intent": "pi_1", "mode": "payment"}
    return stripe_messages.event({"id": "evt_1", "type": name, "created": 1, "data": {"object": thing}}).kind


def paypals(name: str) -> ObjectKind:
    told = {"id": "X1", "dispute_id": "PP-1"} | ({"billing_agreement_id": "I-1"} if ".SALE." in name else {})
    return paypal_messages._about(name, shapes.parsed(shapes.Resource, json.dumps(told)))[0]


def is_acted_upon(kind: ObjectKind) -> bool:
    return hints._HANDLERS[kind] is not hints._nothing


def test_every_event_of_stripes_on_the_page_is_acted_upon_and_every_other_is_known_to_say_nothing_new():
    (known,) = get_args(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    of_ours = {name for name in get_args(known) if object_of(name) and is_acted_upon(stripes(name))}

    assert len(STRIPE_NAMES) > 25
    assert set(get_args(known)) >= STRIPE_NAMES
    assert of_ours - STRIPE_NAMES == SAY_NOTHING_NEW
    assert of_ours >= STRIPE_NAMES


def test_every_event_of_paypals_on_the_page_is_acted_upon():
    assert len(PAYPAL_NAMES) > 20
    assert {name for name in PAYPAL_NAMES if not is_acted_upon(paypals(name))} == set()
    assert paypals("BILLING.PLAN.CREATED") == paypals("VAULT.PAYMENT-TOKEN.CREATED") == ObjectKind.OTHER


@pytest.mark.parametrize(("names", "kind_of", "not_told_of"), [
    (STRIPE_NAMES, stripes, {ObjectKind.OTHER, ObjectKind.SETUP}),
    (PAYPAL_NAMES, paypals, {ObjectKind.OTHER, ObjectKind.SETUP, ObjectKind.BILL}),
])  # fmt: skip
def test_whatever_can_be_looked_at_has_an_event_that_is_switched_on(names, kind_of, not_told_of):
    """A kept card comes with a page of Stripe's, at PayPal with its owner; there a bill comes with its plan."""
    assert {kind_of(name) for name in names} == set(ObjectKind) - not_told_of


def test_the_page_names_the_pinned_version_and_settings_that_there_are():
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=\w+)?`", PAGE)) - {"STRIPE_API_VERSION"}

    assert f"`{settings.STRIPE_API_VERSION}`" in PAGE
    assert len(named) > 10
    assert {name for name in named if f"\n{name}=" not in example} == set()
