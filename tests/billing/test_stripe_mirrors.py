"""Mirrors of Stripe's objects: the last state of each, without people's data, and whatever fails, no harm."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.apps import apps
from django.conf import settings as ours
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.urls import NoReverseMatch, reverse

from billing.providers import stripe_mirrors
from billing.providers.port import ObjectKind, ProviderUnreachable
from billing.tasks import mirror_of_stripe
from tests.billing.contract.conftest import Orders
from tests.billing.stripe_stand_in import KEY, StripeServed, stripe_served
from tests.database import run_on_server, url_of

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
    tries = [["", '{"email": "a@example.com"}'], ["a@example.com", "{}"]] if "%s" in statement else [None]
    table = statement.split()[2]

    for values in tries:
        with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (0,)
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        cursor.execute(statement, tries[0])


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
