"""Mirrors of Stripe's objects in dj-stripe's tables: for looking things up, never for money.

dj-stripe's own sync is not used. It keeps the API key in a table, asks Stripe inside transactions, follows every id
that it meets, and keeps people's names and addresses. Here an object is fetched first, stripped of what is a
person's or opens a page, and then written: its columns by dj-stripe's fields, and those ties alone whose other end
is mirrored too.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import models
from stripe import StripeClient

from aiqleads.core import transactions
from billing.providers.port import ObjectKind
from billing.providers.stripe_calls import asking, client

Told = dict[str, Any]

LEFT_OUT: Final = frozenset({
    "address", "amount_details", "billing_details", "business_name", "client_secret", "collected_information",
    "confirmation_secret", "custom_fields", "customer_address", "customer_details", "customer_email",
    "customer_name", "customer_phone", "customer_shipping", "customer_tax_ids", "description",
    "destination_details", "email",
    "evidence", "hosted_invoice_url", "individual_name", "instructions_email", "invoice_pdf", "ip_address",
    "last_finalization_error", "last_payment_error", "level3", "name", "next_action", "payment_method_details",
    "payment_method_options", "phone", "receipt_email", "receipt_number", "receipt_url", "shipping",
    "shipping_address", "shipping_details", "source", "sources", "tax_id", "tax_ids", "url",
})  # fmt: skip
"""What is a person's, and what opens a page to whoever knows its address; at whatever depth."""

KINDS: Final[Mapping[str, str]] = {
    ObjectKind.CHECKOUT: "Session",
    ObjectKind.SETUP: "Session",
    ObjectKind.PAYMENT: "PaymentIntent",
    ObjectKind.REFUND: "Refund",
    ObjectKind.DISPUTE: "Dispute",
    ObjectKind.SUBSCRIPTION: "Subscription",
    ObjectKind.BILL: "Invoice",
}
"""The mirror of what an event is about."""

_FETCH: Final[Mapping[str, Callable[[StripeClient, str], object]]] = {
    "Charge": lambda asked, object_id: asked.v1.charges.retrieve(object_id),
    "Customer": lambda asked, object_id: asked.v1.customers.retrieve(object_id),
    "Dispute": lambda asked, object_id: asked.v1.disputes.retrieve(object_id),
    "Invoice": lambda asked, object_id: asked.v1.invoices.retrieve(object_id),
    "PaymentIntent": lambda asked, object_id: asked.v1.payment_intents.retrieve(object_id),
    "Refund": lambda asked, object_id: asked.v1.refunds.retrieve(object_id),
    "Session": lambda asked, object_id: asked.v1.checkout.sessions.retrieve(object_id),
    "Subscription": lambda asked, object_id: asked.v1.subscriptions.retrieve(object_id),
}
_NEVER_SET: Final = frozenset({"stripe_data", "subscriber", "date_purged", "email"})


def mirror(*, kind: str, object_id: str) -> None:
    """Fetch an object and what it cannot be without, and write them down. Safe to run again: the last state stands.

    :param kind: an ``ObjectKind``; one without a mirror is passed over
    :raises ProviderUnreachable: no answer that counts; nothing is written
    """
    name = KINDS.get(kind)
    if name is None or not object_id:
        return
    asked = client(settings.STRIPE_SECRET_KEY, api_base=settings.STRIPE_API_BASE)
    _write(_fetched(asked, name, object_id))


def without_people(told: Any) -> Any:
    """An object without what is a person's."""
    if isinstance(told, dict):
        return {name: without_people(value) for name, value in told.items() if name not in LEFT_OUT}
    return [without_people(one) for one in told] if isinstance(told, list) else told


def _fetched(asked: StripeClient, name: str, object_id: str) -> list[tuple[str, Told]]:
    """An object, after those that its table does not take it without and that are not mirrored yet."""
    with asking():
        told = without_people(json.loads(str(_FETCH[name](asked, object_id))))
    before: list[tuple[str, Told]] = []
    for tie in _ties(_model(name)):
        other = _id_of(told.get(tie.name))
        other_name = tie.related_model.__name__
        if other and other_name in _FETCH and not tie.null and not _is_mirrored(tie, other):
            before += _fetched(asked, other_name, other)
    return [*before, (name, told)]


@transactions.write
def _write(objects: list[tuple[str, Told]]) -> None:
    for name, told in objects:
        model = _model(name)
        columns: dict[str, Any] = {"stripe_data": told}
        for column in model._meta.concrete_fields:
            if not column.name.startswith("djstripe_") and column.name not in _NEVER_SET and column.name != "id":
                columns[column.attname] = _value(column, told)
        model._default_manager.update_or_create(id=told["id"], defaults=columns)


def _value(column: Any, told: Told) -> Any:
    """What a column says of an object; a tie only where its other end is there."""
    if column.is_relation:
        other = _id_of(told.get(column.name))
        return other if other and _is_mirrored(column, other) else None
    value = column.stripe_to_db(told) if hasattr(column, "stripe_to_db") else told.get(column.name)
    return "" if value is None and isinstance(column, models.CharField | models.TextField) else value


def _ties(model: type[models.Model]) -> list[Any]:
    ours = (column for column in model._meta.concrete_fields if not column.name.startswith("djstripe_"))
    return [column for column in ours if column.is_relation and column.name not in _NEVER_SET]


def _is_mirrored(tie: Any, object_id: str) -> bool:
    return bool(tie.related_model._default_manager.filter(id=object_id).exists())


def _id_of(value: Any) -> str:
    return str(value.get("id") or "") if isinstance(value, dict) else value or ""


def _model(name: str) -> type[models.Model]:
    return apps.get_model("djstripe", name)
