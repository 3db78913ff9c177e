"""One lead with unmistakable hidden values, brought in by the real pipeline and offered, not sold."""

import io
import logging
import secrets
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from psycopg import sql
from psycopg.pq import TransactionStatus

from aiqleads.core import events
from leads import services
from leads.address import parse_address
from leads.models import Lead, Source
from tests.leads.test_pipeline import record

STREET_LINE = "74913 Persimmon Gazebo Way"
SENTENCE = "Our whispering persimmon tree leans over the moonlit gazebo."
HIDDEN = {
    "name": "Zephyrine Quackenbush",
    "phone": "5125550187",
    "e-mail": "zephyrine.quackenbush@example.com",
    "house number": "74913 Persimmon",
    "latitude": "30.2431733",
    "longitude": "97.7653917",
    "source address": "hidden-source.example.com",
    "external id": "advert-9988776655",
    "the advert's words": SENTENCE,
    "headline": "Zebrawood staircase, must see",
}


OTHERS = {
    "name": "Morgan Homeowner",
    "phone": "5125550142",
    "e-mail": "morgan.homeowner@example.com",
    "latitude": "30.2501733",
    "longitude": "97.7723917",
    "source address": "another-source.example.com",
    "external id": "advert-1122334455",
    "headline": "Come and see",
}


def visitor(**defaults: Any) -> Client:
    """A browser with an address of its own, so that no other test's requests count against it."""
    address = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::{secrets.token_hex(2)}"
    return Client(raise_request_exception=False, REMOTE_ADDR=address, **defaults)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These ask every door for everything. No line is theirs alone, and tracing would double their time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("no_cover")


@pytest.fixture
def client() -> Client:
    return visitor()


@pytest.fixture
def secret(open_source: Source) -> Lead:
    """The lead whose hidden values are ``HIDDEN``."""
    return offered(HIDDEN, line=STREET_LINE, sentence=SENTENCE, source=open_source)


@pytest.fixture
def like_it(secret: Lead, open_source: Source) -> Lead:
    """A lead that the public cannot tell from the secret one: all that is hidden is another's."""
    return offered(OTHERS, line="86025 Persimmon Gazebo Way", sentence="Ring the bell twice.", source=open_source)


def offered(hidden: dict[str, str], *, line: str, sentence: str, source: Source) -> Lead:
    """A lead with these hidden values, as the pipeline makes it of an advert."""
    services.ingest(
        record=record(
            line=line,
            parsed_address=parse_address(line, city="Austin", state="TX", zip_code="78704"),
            external_id=hidden["external id"],
            url=f"https://{hidden['source address']}/{hidden['external id']}",
            image_urls=(f"https://{hidden['source address']}/{hidden['external id']}.jpg",),
            title=hidden["headline"],
            description=f"{sentence} Relocating. Price negotiable.",
            contact_name=hidden["name"],
            phones=(f"+1{hidden['phone']}",),
            fictitious_phones=frozenset({f"+1{hidden['phone']}"}),
            emails=(hidden["e-mail"],),
            lat=float(hidden["latitude"]),
            lng=-float(hidden["longitude"]),
            asking_price=Decimal(412000),
        ),
        source=source,
    )
    events.deliver_all()
    return Lead.objects.select_related("listing").get(state=Lead.State.ACTIVE, address_line=line)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged, as the product's own handler would print it."""
    root = logging.getLogger()
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    handler.setFormatter(next(existing.formatter for existing in root.handlers if existing.formatter))
    root.addHandler(handler)
    yield printed
    root.removeHandler(handler)


OURS = ("core", "accounts", "leads", "pricing", "billing", "scraping", "marketplace", "django_celery_beat", "auth")
OURS += ("socialaccount",)
GUESSES = "WHERE action NOT IN ('log_in.failed', 'proof.failed')"
"""That somebody failed to prove who they are is written down, and changes nothing."""

REFUSED = "WHERE why NOT IN ('forged', 'unreadable')"
"""That a message which proves nothing was turned away is counted, and changes nothing."""


@pytest.fixture
def unchanged(db: None) -> Iterator[None]:
    """No row of any of our tables is another after the test. Ask for it behind what lays the table."""
    before = all_rows()
    yield
    assert all_rows() == before


def all_rows() -> dict[str, tuple[int, str]]:
    """Of each of our tables how many rows it has, and a fingerprint of all that stands in them."""
    models = [model for label in OURS for model in apps.get_app_config(label).get_models()]
    tables = {model._meta.db_table for model in models}
    each = sql.SQL("SELECT {}, count(*), md5(string_agg(kept::text, ' ' ORDER BY kept::text)) FROM {} kept {}")
    but = {"core_auditentry": sql.SQL(GUESSES), "billing_inboxrefusals": sql.SQL(REFUSED)}
    asked = sql.SQL(" UNION ALL ").join(
        each.format(table, sql.Identifier(table), but.get(table, sql.SQL(""))) for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {table: (count, fingerprint) for table, count, fingerprint in cursor.fetchall()}


@pytest.fixture
def safely(db: None) -> Callable[..., Any]:
    """Send a request; a statement that PostgreSQL refused in it spoils no later one of this test."""

    def send(method: Callable[..., Any], *args: Any) -> Any:
        before = transaction.savepoint()
        answer = method(*args)
        if connection.needs_rollback or connection.connection.info.transaction_status == TransactionStatus.INERROR:
            connection.needs_rollback = False
            transaction.savepoint_rollback(before)
        else:
            transaction.savepoint_commit(before)
        return answer

    return send
