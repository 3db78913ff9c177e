"""The books: balanced, written once, never below zero."""

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint
from billing import selectors, services
from billing.errors import InsufficientCredits
from billing.models import Account, Entry, Journal

pytestmark = pytest.mark.django_db


def refused_by(statement: str) -> str:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return violated_constraint(refusal.value)


def test_a_grant_posts_once_under_its_key(alice):
    for _ in range(2):
        services.grant_credits(organisation_id=alice.organisation_id, amount_credits=30, key="welcome", memo="Gift")

    assert selectors.balance_credits(alice.organisation_id) == 30
    assert [entry.amount for entry in selectors.statement(alice.organisation_id)] == [30]


def test_a_grant_of_nothing_is_refused(alice):
    with pytest.raises(ValueError, match="at least 1 credit"):
        services.grant_credits(organisation_id=alice.organisation_id, amount_credits=0, key="k", memo="m")


def test_a_wallet_cannot_go_below_zero(alice, grant):
    grant(alice, 5)
    sale = services.Sale(key="buy:1", memo="A lead", price_credits=6)

    with pytest.raises(InsufficientCredits) as refusal, transaction.atomic():
        services.post_sales(organisation_id=alice.organisation_id, sales=[sale])

    assert refusal.value.facts == {"needed_credits": 6, "balance_credits": 5}
    assert selectors.balance_credits(alice.organisation_id) == 5


def test_an_unbalanced_journal_cannot_be_committed(alice, grant):
    grant(alice, 5)
    wallet = Account.objects.get(organisation=alice.organisation)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        journal = Journal.objects.create(key="lopsided", memo="m")
        Entry.objects.create(journal=journal, account=wallet, amount=7)
        connection.check_constraints()

    assert violated_constraint(refusal.value) == "journal_balances"


def test_a_posted_journal_takes_no_more_entries(alice, grant):
    grant(alice, 5)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_journal DISABLE TRIGGER journal_is_written_once")
        cursor.execute("UPDATE billing_journal SET posted_in = '1'")

    assert (
        refused_by(
            "INSERT INTO billing_entry (journal_id, account_id, amount) "
            "SELECT journal_id, account_id, 1 FROM billing_entry LIMIT 1"
        )
        == "journal_is_closed"
    )


@pytest.mark.parametrize("table", ["billing_entry", "billing_journal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_is_posted_stays(alice, grant, table, statement):
    grant(alice, 5)

    refused_by(statement.format(table))

    assert selectors.balance_credits(alice.organisation_id) == 5


@pytest.mark.parametrize("change", ["balance = 999", "code = 'other'", "organisation_id = NULL"])
def test_a_wallet_changes_by_entries_alone(alice, grant, change):
    grant(alice, 5)

    assert refused_by(f"UPDATE billing_account SET {change}") == "account_changes_by_entries"


def test_an_account_opens_empty(alice):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Account.objects.create(organisation=alice.organisation, code="wallet", unit="credits", balance=5)

    assert violated_constraint(refusal.value) == "account_opens_empty"
