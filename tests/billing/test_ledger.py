"""The books: balanced, written once, never below zero."""

import json
from datetime import timedelta
from typing import Final

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from aiqleads.core.clock import now
from aiqleads.core.postgres import violated_constraint
from billing import books as books_module
from billing import selectors, services, tasks
from billing.errors import InsufficientCredits
from billing.invariants import BY_THEMSELVES, INVARIANTS, broken
from billing.models import Account, Entry, Journal, Lot, Payment
from tests.billing.money import started
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def sell(member, price_credits: int, *, key: str = "sale:1") -> Journal:
    with transaction.atomic():
        sale = services.Sale(key=key, memo="A lead", price_credits=price_credits)
        [journal] = services.post_sales(organisation_id=member.organisation_id, sales=[sale])
    return journal


def pay(member, amount_credits: int, *, key: str = "sandbox:pi:1", **terms: int) -> Journal:
    """What a provider captured for credits at a dollar each, and 8 % of tax."""
    with transaction.atomic():
        return services.post_payment(
            organisation_id=member.organisation_id,
            key=key,
            memo="A pack",
            amount_credits=amount_credits,
            net_cents=100 * amount_credits,
            tax_cents=8 * amount_credits,
            provider="sandbox",
            **terms,
        )


def reverse(journal: Journal, key: str = "return:1") -> Journal:
    with transaction.atomic():
        return services.reverse_journal(journal_id=journal.pk, key=key, memo="Returned")


def give(member, amount_credits: int, *, days: int, key: str = "gift") -> None:
    services.grant_credits(
        organisation_id=member.organisation_id, amount_credits=amount_credits, key=key, memo="Gift", valid_days=days
    )


def house(unit: str) -> dict[str, int]:
    """What the house's accounts of ``unit`` sum to, those that moved alone."""
    moved = Entry.objects.filter(account__organisation=None, account__unit=unit)
    sums: dict[str, int] = {}
    for kind, amount in moved.values_list("account__kind", "amount"):
        sums[kind] = sums.get(kind, 0) + amount
    return {kind: total for kind, total in sums.items() if total}


def remaining() -> list[int]:
    return list(Lot.objects.order_by("pk").values_list("remaining", flat=True))


def test_a_grant_posts_once_under_its_key(alice):
    for _ in range(2):
        services.grant_credits(organisation_id=alice.organisation_id, amount_credits=30, key="welcome", memo="Gift")

    assert selectors.balance_credits(alice.organisation_id) == 30
    assert [line.amount_credits for line in selectors.statement(alice.organisation_id)] == [30]


def test_a_grant_of_nothing_is_refused(alice):
    with pytest.raises(ValueError, match="at least 1 credit"):
        services.grant_credits(organisation_id=alice.organisation_id, amount_credits=0, key="k", memo="m")


def test_nobody_spends_more_than_they_have(alice, grant):
    grant(alice, 5)

    with pytest.raises(InsufficientCredits) as refusal:
        sell(alice, 6)

    assert refusal.value.facts == {"needed_credits": 6, "balance_credits": 5}
    assert selectors.balance_credits(alice.organisation_id) == 5


# Lots


def test_a_payment_is_booked_in_both_books(alice):
    for _ in range(2):
        pay(alice, 50)

    assert selectors.balance_credits(alice.organisation_id) == 50
    assert house("credits") == {"issued": -50}
    assert house("usd_cents") == {"clearing": 5_400, "unearned": -5_000, "tax": -400}
    connection.check_constraints()
    assert broken(BY_THEMSELVES) == []


def test_the_soonest_to_end_is_spent_first_and_what_has_no_end_last(alice):
    pay(alice, 10)
    give(alice, 10, days=90, key="late")
    give(alice, 10, days=30, key="soon")

    sell(alice, 14)

    assert remaining() == [10, 6, 0]
    assert [(held.kind, held.credits) for held in selectors.holdings(alice.organisation_id)] == [
        ("granted", 6),
        ("paid", 10),
    ]


def test_several_sales_share_the_lots_between_them(alice):
    give(alice, 5, days=30)
    pay(alice, 10)
    sales = [
        services.Sale(key=f"sale:{n}", memo="A lead", price_credits=price) for n, price in enumerate((3, 4, 6))
    ]

    with transaction.atomic():
        journals = services.post_sales(organisation_id=alice.organisation_id, sales=sales)

    taken = [
        sorted(journal.entries.exclude(lot=None).values_list("account__kind", "amount")) for journal in journals
    ]
    assert taken == [[("granted", -3)], [("granted", -2), ("paid", -2)], [("paid", -6)]]
    assert broken(BY_THEMSELVES) == []


def test_what_has_ended_cannot_be_spent_from_that_second_on(alice, clock):
    give(alice, 10, days=30)
    pay(alice, 3)
    clock.advance(days=30)

    with pytest.raises(InsufficientCredits) as refusal:
        sell(alice, 4)

    assert refusal.value.facts["balance_credits"] == 3
    assert selectors.balance_credits(alice.organisation_id) == 3
    assert remaining() == [10, 3]


def test_what_ended_is_written_off_once(alice, clock):
    give(alice, 10, days=30)
    pay(alice, 4, valid_days=30)
    sell(alice, 3)
    clock.advance(days=31)

    written_off = [services.expire_lots(organisation_id=alice.organisation_id) for _ in range(2)]

    assert written_off == [11, 0]
    assert house("credits") == {"issued": -14, "revenue": 3, "breakage": 11}
    assert house("usd_cents") == {"clearing": 432, "tax": -32, "breakage": -400}
    assert broken(BY_THEMSELVES) == []


def test_many_lots_are_written_off_in_as_many_statements_as_one(alice, clock, django_assert_num_queries):
    for number in range(8):
        give(alice, 1, days=30, key=f"gift:{number}")
        pay(alice, 1, key=f"sandbox:pi:{number}", valid_days=30)
    clock.advance(days=31)

    with django_assert_num_queries(8):
        assert services.expire_lots(organisation_id=alice.organisation_id) == 16

    assert broken(BY_THEMSELVES) == []


def test_a_return_puts_back_into_the_lots_that_were_spent(alice):
    give(alice, 5, days=30)
    pay(alice, 10)
    sold = sell(alice, 8)
    assert remaining() == [0, 7]

    reverse(sold)

    assert remaining() == [5, 10]
    connection.check_constraints()
    assert broken(BY_THEMSELVES) == []


def test_a_lot_that_ended_meanwhile_lives_for_thirty_days_more(alice, clock):
    give(alice, 10, days=30)
    sold = sell(alice, 6)
    clock.advance(days=31)

    reverse(sold)

    lot = Lot.objects.get()
    assert lot.remaining == 6
    assert timedelta(days=30) - timedelta(minutes=1) < lot.expires_at - now() <= timedelta(days=30)
    assert house("credits") == {"issued": -10, "breakage": 4}
    clock.advance(days=31)
    assert services.expire_lots(organisation_id=alice.organisation_id) == 6
    assert broken(BY_THEMSELVES) == []


def test_a_statement_has_one_line_for_each_fact(alice):
    give(alice, 5, days=30)
    pay(alice, 10)
    sold = sell(alice, 8)
    reverse(sold)

    lines = selectors.statement(alice.organisation_id)

    assert [(line.journal.key.split(":")[0], line.amount_credits, line.balance_credits) for line in lines] == [
        ("return", 8, 15),
        ("sale", -8, 7),
        ("sandbox", 10, 15),
        ("grant", 5, 5),
    ]
    assert selectors.balance_after([sold.pk]) == 7


# What is earned


def test_what_was_spent_of_paid_credits_is_earned_once_a_day(alice):
    pay(alice, 3)
    sell(alice, 1)
    today = now().date()

    services.recognise_revenue(day=today)
    services.recognise_revenue(day=today)

    assert house("usd_cents") == {"clearing": 324, "tax": -24, "unearned": -200, "revenue": -100}
    assert broken(BY_THEMSELVES) == []


def test_what_came_back_is_taken_out_of_what_was_earned(alice):
    pay(alice, 3)
    sold = sell(alice, 2)
    today = now().date()
    services.recognise_revenue(day=today)
    reverse(sold)

    services.recognise_revenue(day=today + timedelta(days=1))

    assert house("usd_cents") == {"clearing": 324, "tax": -24, "unearned": -300}


def test_given_credits_earn_nothing(alice):
    give(alice, 10, days=30)
    sell(alice, 10)

    assert services.recognise_revenue(day=now().date()) is None


# What goes back, and what is owed


def set_aside(lot: Lot, amount_credits: int) -> Journal:
    with transaction.atomic():
        return services.set_aside(
            lot_id=lot.pk,
            amount_credits=amount_credits,
            net_cents=100 * amount_credits,
            key="refund:1",
            memo="Refund",
        )


def test_a_refund_is_set_aside_and_then_made(alice):
    pay(alice, 10)
    sell(alice, 4)
    set_aside(Lot.objects.get(), 6)
    assert selectors.balance_credits(alice.organisation_id) == 0

    with transaction.atomic():
        services.settle_refund(
            organisation_id=alice.organisation_id,
            amount_credits=6,
            net_cents=600,
            tax_cents=48,
            provider="sandbox",
            key="refunded:1",
            memo="Refund",
        )

    assert house("credits") == {"issued": -4, "revenue": 4}
    assert house("usd_cents") == {"clearing": 432, "tax": -32, "unearned": -400}
    assert broken(BY_THEMSELVES) == []


def test_a_refund_that_the_provider_refused_comes_back_into_its_lot(alice):
    pay(alice, 10)
    aside = set_aside(Lot.objects.get(), 6)

    reverse(aside, key="refund-failed:1")

    assert selectors.balance_credits(alice.organisation_id) == 10
    assert house("usd_cents") == {"clearing": 1_080, "tax": -80, "unearned": -1_000}


def test_what_is_spent_already_does_not_go_back(alice):
    pay(alice, 10)
    sell(alice, 5)

    with pytest.raises(InsufficientCredits) as refusal:
        set_aside(Lot.objects.get(), 6)

    assert refusal.value.facts == {"needed_credits": 6, "balance_credits": 5}
    assert remaining() == [5]


def claw_back(member, amount_credits: int, *, first: Lot) -> None:
    with transaction.atomic():
        services.claw_back(
            organisation_id=member.organisation_id,
            amount_credits=amount_credits,
            first_lot_id=first.pk,
            key="dispute:1",
            memo="Dispute",
        )


def test_an_undone_payment_takes_its_own_credits_first_then_others_then_is_owed(alice):
    give(alice, 2, days=30)
    pay(alice, 10)
    paid = Lot.objects.get(account__kind="paid")
    sell(alice, 5)

    claw_back(alice, 10, first=paid)

    assert remaining() == [0, 0]
    assert selectors.owed_credits(alice.organisation_id) == 3
    with pytest.raises(InsufficientCredits):
        sell(alice, 1, key="sale:2")
    assert broken(BY_THEMSELVES) == []


def test_whatever_comes_in_pays_what_is_owed_first(alice):
    pay(alice, 10)
    sold = sell(alice, 7)
    claw_back(alice, 10, first=Lot.objects.get())
    assert selectors.owed_credits(alice.organisation_id) == 7

    give(alice, 2, days=30)
    assert (selectors.owed_credits(alice.organisation_id), selectors.balance_credits(alice.organisation_id)) == (
        5,
        0,
    )
    reverse(sold)

    assert (selectors.owed_credits(alice.organisation_id), selectors.balance_credits(alice.organisation_id)) == (
        0,
        2,
    )
    connection.check_constraints()
    assert broken(BY_THEMSELVES) == []


# What the database refuses, whoever asks


def test_an_unbalanced_journal_cannot_be_committed(alice, grant):
    grant(alice, 5)
    revenue = Account.objects.get(organisation=None, kind="revenue", unit="credits")

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        journal = Journal.objects.create(key="lopsided", memo="m")
        Entry.objects.create(journal=journal, account=revenue, amount=7)
        connection.check_constraints()

    assert violated_constraint(refusal.value) == "journal_balances"


def test_a_posted_journal_takes_no_more_entries(alice, grant):
    grant(alice, 5)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE billing_journal DISABLE TRIGGER journal_is_written_once")
    execute("UPDATE billing_journal SET posted_in = '1'")

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


@pytest.mark.parametrize("change", ["balance = 999", "kind = 'paid'", "organisation_id = NULL"])
def test_an_account_changes_by_entries_alone(alice, grant, change):
    grant(alice, 5)

    assert refused_by(f"UPDATE billing_account SET {change} WHERE kind = 'granted'") == "account_changes_by_entries"


def test_an_account_opens_empty(alice):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Account.objects.create(organisation=alice.organisation, kind="paid", unit="credits", balance=5)

    assert violated_constraint(refusal.value) == "account_opens_empty"


@pytest.fixture
def books(alice):
    """Five given credits, of which two are spent, and ten paid ones."""
    give(alice, 5, days=30)
    payment = started(alice, amount_credits=10, price_cents=1_000, tax_cents=80)
    journal = pay(alice, 10)
    Payment.objects.filter(pk=payment.pk).update(status="paid", capture_id="1", paid_at=now(), journal=journal)
    sell(alice, 2)


A_FACT: Final = """
    WITH fact AS (
        INSERT INTO billing_journal (id, key, memo) VALUES (gen_random_uuid(), 'by hand', '') RETURNING id)
    INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
    SELECT fact.id, side.* FROM fact, LATERAL ({}) side (account_id, lot_id, amount)"""
OPEN_LOT: Final = """
    INSERT INTO billing_lot (account_id, amount, remaining, paid_cents, expires_at)
    SELECT id, {} FROM billing_account WHERE kind = '{}'"""
OPEN_ACCOUNT: Final = """
    INSERT INTO billing_account (id, organisation_id, kind, provider, unit, balance)
    VALUES (gen_random_uuid(), NULL, '{}', '', '{}', 0)"""
GRANTED: Final = "(SELECT id FROM billing_account WHERE kind = 'granted')"
PAID: Final = "(SELECT id FROM billing_account WHERE kind = 'paid')"
ISSUED: Final = "(SELECT id FROM billing_account WHERE kind = 'issued')"
BREAK_INS: Final = {
    "account_clearing_names_its_provider": OPEN_ACCOUNT.format("clearing", "usd_cents"),
    "account_kind_fits_its_owner": OPEN_ACCOUNT.format("paid", "credits"),
    "ended_lot_is_written_off_alone": "UPDATE test_clock SET shift = '60 days'; "
    + A_FACT.format(
        f"SELECT account_id, id, -1 FROM billing_lot WHERE amount = 5 UNION ALL SELECT {ISSUED}, NULL, 1"
    ),
    "entry_moves_a_lot_of_its_account": A_FACT.format(
        f"SELECT {GRANTED}, id, -1 FROM billing_lot WHERE amount = 10 UNION ALL SELECT {ISSUED}, NULL, 1"
    ),
    "entry_names_its_lot": A_FACT.format(f"VALUES ({GRANTED}, NULL::bigint, -1), ({ISSUED}, NULL, 1)"),
    "lot_changes_by_entries": "UPDATE billing_lot SET remaining = remaining - 1",
    "lot_ends_when_it_said": "UPDATE billing_lot SET expires_at = core_now() + interval '1 day'",
    "lot_fits_its_account": OPEN_LOT.format("9, 0, 0, NULL", "granted"),
    "lot_holds_something": OPEN_LOT.format("0, 0, 0, NULL", "paid"),
    "lot_opens_empty": OPEN_LOT.format("9, 9, 0, NULL", "paid"),
    "lot_price_not_negative": OPEN_LOT.format("9, 0, -1, NULL", "paid"),
    "lot_within_its_amount": A_FACT.format(
        f"SELECT account_id, id, 3 FROM billing_lot WHERE amount = 5 UNION ALL SELECT {ISSUED}, NULL, -3"
    ),
    "reversal_fills_the_same_lots": """
        WITH gift AS (SELECT * FROM billing_lot WHERE amount = 5), sold AS (
            SELECT journal.id, entry.account_id, amount FROM billing_journal journal
            JOIN billing_entry entry ON journal_id = journal.id WHERE key = 'sale:1'),
        fresh AS (
            INSERT INTO billing_lot (account_id, amount, remaining, paid_cents, expires_at)
            SELECT account_id, 5, 0, 0, expires_at FROM gift RETURNING id, account_id),
        fact AS (
            INSERT INTO billing_journal (id, key, memo, reverses_id)
            SELECT DISTINCT gen_random_uuid(), 'by hand', '', id FROM sold LIMIT 1 RETURNING id)
        INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
        SELECT fact.id, sold.account_id, fresh.id, -amount FROM fact, sold LEFT JOIN fresh USING (account_id)""",
}


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(books, subtests):
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            assert refused_by(statement) == ""


@pytest.fixture
def sold(alice, grant) -> Journal:
    """A sale for 6 of Alice's 10 credits."""
    grant(alice, 10)
    return sell(alice, 6)


def test_a_reversal_moves_every_entry_back(alice, sold):
    reversal = reverse(sold)

    assert reversal.reverses_id == sold.pk
    assert selectors.balance_credits(alice.organisation_id) == 10
    assert sorted(reversal.entries.values_list("amount", flat=True)) == [-6, 6]
    assert broken(BY_THEMSELVES) == []
    connection.check_constraints()


def test_a_journal_is_reversed_once(alice, sold):
    reverse(sold)

    with pytest.raises(Journal.DoesNotExist):
        reverse(sold, key="return:again")
    with pytest.raises(IntegrityError, match="reverses"), transaction.atomic():
        Journal.objects.create(key="return:by hand", memo="m", reverses_id=sold.pk)

    assert selectors.balance_credits(alice.organisation_id) == 10


def reverse_by_hand(journal: Journal, amount: int) -> None:
    """Past the service: give ``amount`` back for ``journal``, balanced, whatever it had cost."""
    by_hand = Journal.objects.create(key="return:by hand", memo="m", reverses_id=journal.pk)
    for entry, sign in zip(journal.entries.order_by("amount"), (1, -1), strict=True):
        Entry.objects.create(
            journal=by_hand, account_id=entry.account_id, lot_id=entry.lot_id, amount=sign * amount
        )
    connection.check_constraints()


@pytest.mark.parametrize("amount", [5, 7])
def test_a_reversal_gives_back_neither_more_nor_less_than_was_paid(alice, grant, sold, amount):
    sell(alice, 4, key="sale:2")

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        reverse_by_hand(sold, amount)

    assert violated_constraint(refusal.value) == "reversal_is_whole"
    assert selectors.balance_credits(alice.organisation_id) == 0


def test_a_reversal_is_not_reversed(alice, sold):
    reversal = reverse(sold)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        reverse_by_hand(reversal, 6)

    assert violated_constraint(refusal.value) == "reversal_is_whole"


def test_without_the_guard_more_comes_back_than_was_paid(alice, sold):
    """The break-in: the trigger dropped, six credits become nine."""
    sell(alice, 4, key="sale:2")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("DROP TRIGGER reversal_is_whole ON billing_journal")
    execute("SET CONSTRAINTS ALL DEFERRED")

    reverse_by_hand(sold, 9)

    assert selectors.balance_credits(alice.organisation_id) == 9


# Looking at the whole books


TAMPERED: Final = {
    "balances_are_the_sum_of_their_entries": "UPDATE billing_account SET balance = balance + 1 WHERE kind = 'debt'",
    "balances_are_the_sum_of_their_lots": "UPDATE billing_lot SET remaining = remaining - 1 WHERE amount = 10",
    "balances_follow_one_another": "UPDATE billing_entry SET balance_after = 99 WHERE amount = -2",
    "clearing_is_what_came_and_went": "UPDATE billing_payment SET provider = 'stripe'",
    "credits_are_issued": "UPDATE billing_entry SET amount = -9 WHERE amount = -10",
    "invoices_have_no_gap": "INSERT INTO billing_invoicecounter VALUES (1999, 1)",
    "invoices_say_what_was_paid": "INSERT INTO billing_invoice (id, kind, year, place, organisation_id, "
    "payment_id, issued_at, snapshot, net_cents, tax_cents, total_cents, sha256) SELECT gen_random_uuid(), "
    "'invoice', 1999, 1, organisation_id, gen_random_uuid(), now(), '{}', 1, 0, 1, '' FROM billing_account "
    "WHERE organisation_id IS NOT NULL LIMIT 1",
    "journals_balance": "UPDATE billing_entry SET amount = -9 WHERE amount = -10",
    "lots_hold_what_their_entries_left": "UPDATE billing_lot SET remaining = remaining - 1 WHERE amount = 10",
    "nobody_has_less_than_nothing": "UPDATE billing_account SET balance = 1 WHERE kind = 'debt'",
    "nobody_owes_and_has": "UPDATE billing_account SET balance = -1 WHERE kind = 'debt'",
    "payments_are_posted_as_paid": "UPDATE billing_payment SET net_cents = 999",
    "reversals_are_whole": "UPDATE billing_journal SET reverses_id = (SELECT id FROM billing_journal WHERE "
    "key = 'sale:1') WHERE key = 'sandbox:pi:1'",
    "set_aside_is_of_open_refunds": "UPDATE billing_account SET balance = 1 WHERE kind = 'refund_pending' "
    "AND organisation_id IS NOT NULL",
    "withheld_is_of_open_disputes": "UPDATE billing_entry SET account_id = (SELECT id FROM billing_account WHERE "
    "kind = 'withheld') WHERE amount = -80",
}

OF_WHAT_GOES_BACK: Final = {
    "disputes_are_booked_as_they_say",
    "no_more_goes_back_than_came_in",
    "papers_add_up_to_the_books",
    "refunds_are_booked_as_they_say",
}
"""They are broken in ``test_guards_of_what_goes_back``, ``test_papers_of_what_goes_back`` and
``test_without_their_guards``, where there is something to break."""


def test_every_invariant_finds_what_breaks_it(books, subtests):
    assert broken() == []
    assert TAMPERED.keys() | OF_WHAT_GOES_BACK == {invariant.name for invariant in INVARIANTS}

    for name, statement in TAMPERED.items():
        with subtests.test(name), undone():
            execute("SET CONSTRAINTS ALL IMMEDIATE")
            execute("SET LOCAL session_replication_role = replica")
            execute("ALTER TABLE billing_account DROP CONSTRAINT balance_not_negative")
            execute(statement)
            assert name in {finding.name for finding in broken()}


def test_the_command_says_what_is_wrong_and_where(books, capsys):
    call_command("verify_ledger")
    assert capsys.readouterr().out.endswith(f"The books are right: {len(INVARIANTS)} invariants hold.\n")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE billing_entry SET amount = -9 WHERE amount = -10")

    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", "--json")

    said = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert not said["is_right"]
    assert {finding["name"]: finding["places"] for finding in said["broken"]} == {
        "journals_balance": ["sandbox:pi:1"],
        "credits_are_issued": ["the world: 1"],
    }


def test_what_is_wrong_is_an_alert_until_it_is_right_again(books):
    books_module.verify()
    assert books_module.are_right()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE billing_entry SET amount = -9 WHERE amount = -10")

    tasks.verify_books()

    assert not books_module.are_right()
    assert [metric.samples[0].value for metric in books_module.figures()] == [2]
    execute("UPDATE billing_entry SET amount = -10 WHERE amount = -9")
    tasks.verify_books()
    assert books_module.are_right()
