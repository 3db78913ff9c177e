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
    sale = services.Sale(key="sale:1", memo="A lead", price_credits=6)

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


@pytest.fixture
def sold(alice, grant) -> Journal:
    """A sale for 6 of Alice's 10 credits."""
    grant(alice, 10)
    with transaction.atomic():
        sale = services.Sale(key="sale:1", memo="A lead", price_credits=6)
        [journal] = services.post_sales(organisation_id=alice.organisation_id, sales=[sale])
    return journal


def reverse(journal: Journal, key: str = "return:1") -> Journal:
    with transaction.atomic():
        return services.reverse_journal(journal_id=journal.pk, key=key, memo="Returned")


def test_a_reversal_moves_every_entry_back(alice, sold):
    reversal = reverse(sold)

    assert reversal.reverses == sold
    assert selectors.balance_credits(alice.organisation_id) == 10
    assert sorted(reversal.entries.values_list("amount", flat=True)) == [-6, 6]
    assert selectors.world_sums() == {"credits": 0}
    assert selectors.broken_wallets() == []
    connection.check_constraints()


def test_a_journal_is_reversed_once(alice, sold):
    reverse(sold)

    with pytest.raises(Journal.DoesNotExist):
        reverse(sold, key="return:again")
    with pytest.raises(IntegrityError, match="reverses"), transaction.atomic():
        Journal.objects.create(key="return:by hand", memo="m", reverses=sold)

    assert selectors.balance_credits(alice.organisation_id) == 10


def reverse_by_hand(journal: Journal, amount: int) -> None:
    """Past the service: give ``amount`` back for ``journal``, balanced, whatever it had cost."""
    by_hand = Journal.objects.create(key="return:by hand", memo="m", reverses=journal)
    for entry, sign in zip(journal.entries.order_by("amount"), (1, -1), strict=True):
        Entry.objects.create(journal=by_hand, account=entry.account, amount=sign * amount)
    connection.check_constraints()


@pytest.mark.parametrize("amount", [5, 7])
def test_a_reversal_gives_back_neither_more_nor_less_than_was_paid(alice, sold, amount):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        reverse_by_hand(sold, amount)

    assert violated_constraint(refusal.value) == "reversal_is_whole"
    assert selectors.balance_credits(alice.organisation_id) == 4


def test_a_reversal_is_not_reversed(alice, sold):
    reversal = reverse(sold)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        reverse_by_hand(reversal, -6)

    assert violated_constraint(refusal.value) == "reversal_is_whole"


def test_without_the_guard_more_comes_back_than_was_paid(alice, sold):
    """The break-in: the trigger dropped, six credits become sixty."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP TRIGGER reversal_is_whole ON billing_journal")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    reverse_by_hand(sold, 60)

    assert selectors.balance_credits(alice.organisation_id) == 64
