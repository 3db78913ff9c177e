"""Mirrors of Stripe's objects: the last state of each, without people's data, and whatever fails, no harm."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ForwardRef, get_args

import pytest
import stripe
from django.apps import apps
from django.conf import settings as ours
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.urls import NoReverseMatch, reverse
from stripe import StripeObject

from billing.providers import stripe_mirrors
from billing.providers.port import ObjectKind, ProviderUnreachable
from billing.tasks import mirror_of_stripe
from tests.billing.contract.conftest import Orders
from tests.billing.stripe_stand_in import KEY, StripeServed, stripe_served
from tests.database import run_on_server, url_of
from tests.marketplace.guards import take_away, undone

SCHEMA = """
SELECT table_name || '.' || column_name, data_type || coalesce(character_maximum_length::text, '') || is_nullable
    FROM information_schema.columns WHERE table_name LIKE 'djstripe%'
UNION ALL
SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid), '' FROM pg_constraint
    WHERE conrelid::regclass::text LIKE 'djstripe%' AND conname NOT LIKE 'mirror_holds_%'
UNION ALL
SELECT regexp_replace(indexdef, 'INDEX \\S+ ', 'INDEX '), '' FROM pg_indexes WHERE tablename LIKE 'djstripe%'
"""
THEIR_OWN = """
import django
from django.conf import settings
settings.MIGRATION_MODULES = {}
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.migrate(sorted(leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in {"core", "djstripe"}))
"""


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture
def stripe_account(served, settings) -> StripeServed:
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_API_BASE = served.url
    return served


def mirrors(name: str):
    return apps.get_model("djstripe", name)._default_manager


def paid(served: StripeServed) -> str:
    started = served.provider.start_checkout(Orders().order())
    return served.fake.control.pay(started.checkout_id)["payment_intent"]


@pytest.mark.django_db(transaction=True)
def test_a_mirror_shows_the_last_state_and_brings_what_it_cannot_be_without(stripe_account):
    intent_id = paid(stripe_account)
    refund_id = stripe_account.fake.control.refund(intent_id, 1_000)

    mirror_of_stripe(ObjectKind.REFUND, refund_id)
    stripe_account.fake.control.fail_refund(refund_id)
    mirror_of_stripe(ObjectKind.REFUND, refund_id)
    mirror_of_stripe(ObjectKind.PAYMENT, intent_id)

    (refund,) = mirrors("Refund").all()
    assert (refund.id, refund.stripe_data["status"], refund.amount) == (refund_id, "failed", 1_000)
    assert refund.charge.stripe_data["payment_intent"] == intent_id
    assert mirrors("PaymentIntent").get().stripe_data["amount_received"] == 5_300


@pytest.mark.django_db(transaction=True)
def test_a_mirror_holds_nothing_of_a_person_and_no_address_of_a_page(stripe_account):
    price_id = stripe_account.provider.ensure_price(Orders().price(4_900))
    started = stripe_account.provider.start_subscription(Orders().subscription(price_id))
    told = stripe_account.fake.control.pay(started.checkout_id)
    bill = stripe_account.provider.bills(told["subscription"])[0]

    for kind, object_id in (
        (ObjectKind.BILL, bill.bill_id),
        (ObjectKind.SUBSCRIPTION, told["subscription"]),
        (ObjectKind.CHECKOUT, started.checkout_id),
    ):
        mirror_of_stripe(kind, object_id)

    invoice = mirrors("Invoice").get()
    assert (invoice.customer_id, invoice.stripe_data["total"]) == (mirrors("Customer").get().id, 4_900)
    assert mirrors("Session").get().subscription_id == told["subscription"]
    with connection.cursor() as cursor:
        written = ""
        for name in ("customer", "invoice", "session", "subscription"):
            cursor.execute(f"SELECT string_agg(one::text, ' ') FROM djstripe_{name} one")
            written += cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM djstripe_apikey")
        assert cursor.fetchone() == (0,)
    assert "alice@example.com" not in written
    assert stripe_account.url not in written


# Whatever the SDK's own types say could come of an object, down to what is not followed: ids of other objects.
PERSONAL = re.compile(
    "mail|phone|address|name|birth|last4|fingerprint|^ip$|ip_|postal|zip|line1|city|iban|account_number|routing|"
    "sort_code|holder|secret|url|signature|^card$|payer|contact|tax_id|custom|_error$|shipping"
)
NOBODYS = {
    "account_name", "account_tax_ids", "amount_shipping", "billing_address_collection",
    "cancel_url", "card", "custom_text", "custom_unit_amount", "customer", "customer_account",
    "customer_creation", "customer_notification", "customer_reference", "customer_tax_exempt",
    "display_name", "name_collection", "nickname",
    "phone_number_collection", "return_url", "shipping_address_collection", "shipping_amount", "shipping_cost",
    "shipping_options", "shipping_rate", "success_url", "tax_id_collection", "update_shipping_details",
}  # fmt: skip
"""What we are called ourselves, what a page asks for, addresses of ours, sums, ids."""


def members(*things: type) -> Iterator[str]:
    """What mirrors of things could hold, by name."""
    waiting, seen = [*things], set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            told = vars(one).get("__annotations__", {}).items()
            followed = {name: kind for name, kind in told if name not in stripe_mirrors.LEFT_OUT}
            waiting += [kind for said in followed.values() for kind in things_in(said)]
            yield from followed


def things_in(said: Any) -> Iterator[type]:
    """The SDK's classes within an annotation; not those that stand beside an id, as it is the id that comes."""
    if isinstance(said, str | ForwardRef):
        said = getattr(stripe, said if isinstance(said, str) else said.__forward_arg__, None)
    if isinstance(said, type) and issubclass(said, StripeObject):
        yield said
    if str not in get_args(said):
        for part in get_args(said):
            yield from things_in(part)


def test_nothing_that_stripe_could_tell_of_a_person_is_mirrored():
    names = sorted(stripe_mirrors._FETCH)
    found = set(members(*(getattr(stripe, name, None) or stripe.checkout.Session for name in names)))

    assert len(names) == 8
    assert {"id", "metadata", "payment_intent", "evidence_details", "lines"} <= found
    assert {member for member in found if PERSONAL.search(member)} == NOBODYS


@pytest.mark.django_db(transaction=True)
def test_a_mirror_that_cannot_be_made_is_left_and_nothing_is_written(stripe_account):
    refund_id = stripe_account.fake.control.refund(paid(stripe_account), 1_000)
    stripe_account.fake.control.does("limits")

    mirror_of_stripe(ObjectKind.REFUND, refund_id)
    mirror_of_stripe(ObjectKind.REFUND, "re_nothing")
    mirror_of_stripe(ObjectKind.OTHER, "po_1")

    assert not mirrors("Refund").exists()
    stripe_account.fake.control.does("limits")
    with pytest.raises(ProviderUnreachable):
        stripe_mirrors.mirror(kind=ObjectKind.REFUND, object_id=refund_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        (
            "mirror_holds_nobodys_address",
            """INSERT INTO djstripe_customer (djstripe_created, djstripe_updated, id, email, stripe_data)
            VALUES (now(), now(), 'cus_1', %s, %s)""",
        ),
        (
            "mirror_holds_no_key",
            """INSERT INTO djstripe_apikey (djstripe_created, djstripe_updated, stripe_data, id, type, name,
            secret, livemode) VALUES (now(), now(), '{}', 'k', 'secret', '', 'sk_test_x', false)""",
        ),
    ],
)
def test_what_a_mirror_never_holds_is_refused_by_its_table(guard, statement):
    tries = [["a@example.com", "{}"]] if "%s" in statement else [None]
    table = statement.split()[2]

    for values in tries:
        with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (0,)
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        cursor.execute(statement, tries[0])


OF_EACH_KIND = {
    "boolean": "false", "bigint": "1", "integer": "1", "smallint": "1", "numeric": "1", "jsonb": "'{}'",
    "timestamp with time zone": "now()",
}  # fmt: skip


def inserted(cursor: Any, table: str, told: str) -> None:
    """A row that says what was told, and otherwise as little as it may."""
    cursor.execute(
        """SELECT column_name, data_type FROM information_schema.columns
        WHERE table_name = %s AND is_nullable = 'NO' AND column_name <> 'stripe_data' AND is_identity = 'NO'""",
        [table],
    )
    columns = {name: OF_EACH_KIND.get(kind, "'x'") for name, kind in cursor.fetchall()}
    columns |= {"email": "''"} if "email" in columns else {}
    cursor.execute(
        f"INSERT INTO {table} ({', '.join([*columns, 'stripe_data'])}) VALUES ({', '.join(columns.values())}, %s)",
        [told],
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(stripe_mirrors._FETCH))
def test_no_table_of_a_mirror_takes_what_names_a_person(name, subtests):
    table = f"djstripe_{name.lower()}"
    guard = f"mirror_holds_nobody_{name.lower()}"
    said = (
        '{"last_payment_error": {"card": {"last4": "4242"}}}',
        '{"to": [{"email": null}]}',
        '{"a": {"phone": "1"}}',
    )
    for told in said:
        with subtests.test(told), undone(), connection.cursor() as cursor:
            with pytest.raises(IntegrityError, match=guard), transaction.atomic():
                inserted(cursor, table, told)
            take_away(guard)
            inserted(cursor, table, told)
    with undone(), connection.cursor() as cursor:
        inserted(cursor, table, '{"memo": "says \\"email\\": nothing", "email_sent": 1}')


def test_dj_stripes_doors_are_closed():
    assert "djstripe" not in {model._meta.app_label for model in admin.site._registry}
    with pytest.raises(NoReverseMatch):
        reverse("djstripe:djstripe_webhook_by_uuid", args=["11111111-1111-4111-8111-111111111111"])


@pytest.mark.long
@pytest.mark.skipif(os.environ.get("SOAK") != "1", reason="dj-stripe's own migrations take a minute: make soak")
@pytest.mark.soak
@pytest.mark.django_db
def test_our_tables_are_those_of_dj_stripes_own_migrations():
    database = "schema_of_dj_stripe"
    with suppress(Exception):
        run_on_server("DROP DATABASE {}", database)
    run_on_server("CREATE DATABASE {} TEMPLATE template0", database)
    environment = {**os.environ, "DATABASE_URL": url_of(database), "REDIS_URL": ours.REDIS_URL}
    try:
        subprocess.run([sys.executable, "-c", THEIR_OWN], env=environment, cwd=ours.BASE_DIR, check=True)
        theirs = _schema(url_of(database))
    finally:
        run_on_server("DROP DATABASE {}", database)
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        found = sorted(cursor.fetchall())

    assert len(theirs) > 500
    assert found == theirs


def _schema(url: str) -> list[tuple[str, str]]:
    import psycopg

    with psycopg.connect(url) as asking:
        return sorted(asking.execute(SCHEMA).fetchall())
