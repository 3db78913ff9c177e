"""What holds in the books at every moment, each as a question that finds where it does not.

The guards of the database keep all of it at every write; this looks at what is written, whoever wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

SHOWN: Final = 20
"""How many of the places where an invariant is broken are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A sentence about the books, and the SQL that names each place where it does not hold, one text a row."""

    name: str
    says: str
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of one invariant: how often it is broken, and where, ``SHOWN`` places at most."""

    name: str
    says: str
    count: int
    places: list[str]


BY_THEMSELVES: Final = (
    Invariant(
        name="journals_balance",
        says="Every journal sums to zero in each unit, and has two sides.",
        broken="""
            SELECT journal.key FROM billing_journal journal LEFT JOIN (
                SELECT journal_id, count(*) AS sides, sum(amount) FILTER (WHERE unit = 'credits') AS credits,
                    sum(amount) FILTER (WHERE unit = 'usd_cents') AS cents
                FROM billing_entry LEFT JOIN billing_account account ON account.id = account_id
                GROUP BY journal_id) moved ON moved.journal_id = journal.id
            WHERE coalesce(sides, 0) < 2 OR coalesce(credits, 0) <> 0 OR coalesce(cents, 0) <> 0""",
    ),
    Invariant(
        name="balances_are_the_sum_of_their_entries",
        says="An organisation's balance is the sum of its entries.",
        broken="""
            SELECT account.id::text FROM billing_account account
            LEFT JOIN billing_entry entry ON entry.account_id = account.id
            WHERE organisation_id IS NOT NULL
            GROUP BY account.id HAVING account.balance <> coalesce(sum(entry.amount), 0)""",
    ),
    Invariant(
        name="balances_follow_one_another",
        says="Each entry's balance is the one before it and its own amount.",
        broken="""
            SELECT id::text FROM (
                SELECT entry.id, balance_after, amount, lag(balance_after, 1, 0::bigint) OVER (
                    PARTITION BY account_id ORDER BY entry.id) AS before
                FROM billing_entry entry JOIN billing_account account ON account.id = account_id
                WHERE organisation_id IS NOT NULL) chain
            WHERE balance_after IS DISTINCT FROM before + amount""",
    ),
    Invariant(
        name="nobody_has_less_than_nothing",
        says="No balance is below zero, and no debt above it.",
        broken="""
            SELECT id::text FROM billing_account
            WHERE organisation_id IS NOT NULL AND (balance < 0) <> (kind = 'debt') AND balance <> 0""",
    ),
    Invariant(
        name="lots_hold_what_their_entries_left",
        says="What a lot holds is the sum of its entries, and within what came in.",
        broken="""
            SELECT lot.id::text FROM billing_lot lot LEFT JOIN billing_entry entry ON entry.lot_id = lot.id
            GROUP BY lot.id
            HAVING lot.remaining <> coalesce(sum(entry.amount), 0) OR remaining NOT BETWEEN 0 AND lot.amount""",
    ),
    Invariant(
        name="balances_are_the_sum_of_their_lots",
        says="What can be spent of an account lies in its lots.",
        broken="""
            SELECT account.id::text FROM billing_account account
            LEFT JOIN billing_lot lot ON lot.account_id = account.id
            WHERE kind IN ('paid', 'granted')
            GROUP BY account.id HAVING account.balance <> coalesce(sum(lot.remaining), 0)""",
    ),
    Invariant(
        name="nobody_owes_and_has",
        says="Nobody owes credits while they have some.",
        broken="""
            SELECT debt.organisation_id::text FROM billing_account debt
            WHERE debt.kind = 'debt' AND debt.balance < 0 AND EXISTS (
                SELECT FROM billing_lot lot JOIN billing_account account ON account.id = lot.account_id
                WHERE account.organisation_id = debt.organisation_id AND remaining > 0
                  AND coalesce(lot.expires_at > core_now(), true))""",
    ),
    Invariant(
        name="reversals_are_whole",
        says="A reversal moves every entry of one journal back, and is not reversed itself.",
        broken="""
            SELECT reversal.key FROM billing_journal reversal
            JOIN billing_journal reversed ON reversed.id = reversal.reverses_id
            WHERE reversed.reverses_id IS NOT NULL OR EXISTS (
                SELECT FROM billing_entry WHERE journal_id IN (reversal.id, reversed.id)
                GROUP BY account_id HAVING sum(amount) <> 0) OR EXISTS (
                SELECT FROM billing_entry WHERE journal_id IN (reversal.id, reversed.id) AND lot_id IN (
                    SELECT lot_id FROM billing_entry WHERE journal_id = reversed.id)
                GROUP BY lot_id HAVING sum(amount) <> 0)""",
    ),
    Invariant(
        name="invoices_have_no_gap",
        says="The invoices of a year are numbered from one to its counter.",
        broken="""
            SELECT counter.year::text FROM billing_invoicecounter counter
            LEFT JOIN billing_invoice invoice ON invoice.year = counter.year
            GROUP BY counter.year HAVING (count(invoice), coalesce(max(place), 0)) <> (counter.last, counter.last)
            UNION SELECT year::text FROM billing_invoice
            WHERE year NOT IN (SELECT year FROM billing_invoicecounter)""",
    ),
    Invariant(
        name="invoices_say_what_was_paid",
        says="An invoice says what its payment paid, a credit note what went back, a correction what did not.",
        broken="""
            SELECT invoice.year || '-' || invoice.place FROM billing_invoice invoice
            LEFT JOIN billing_payment payment ON payment.id = invoice.payment_id
            LEFT JOIN billing_invoice corrected ON corrected.id = invoice.corrects_id
            LEFT JOIN billing_refund refund ON refund.id = coalesce(invoice.refund_id, corrected.refund_id)
            LEFT JOIN billing_dispute dispute ON dispute.id = invoice.dispute_id
            WHERE payment.status IS DISTINCT FROM 'paid'
                OR invoice.kind = 'invoice'
                    AND (invoice.net_cents, invoice.tax_cents) <> (payment.net_cents, payment.tax_cents)
                OR invoice.kind = 'credit_note' AND refund.id IS NOT NULL AND (refund.payment_id <> payment.id
                    OR refund.status NOT IN ('succeeded', 'failed')
                    OR invoice.total_cents > refund.net_cents + refund.tax_cents)
                OR dispute.id IS NOT NULL AND (dispute.payment_id <> payment.id
                    OR dispute.status <> 'lost' OR invoice.total_cents > dispute.amount_cents)
                OR invoice.kind = 'correction' AND (refund.status IS DISTINCT FROM 'failed'
                    OR (invoice.net_cents, invoice.tax_cents) <> (corrected.net_cents, corrected.tax_cents))""",
    ),
    Invariant(
        name="papers_add_up_to_the_books",
        says="A payment's invoice, less its credit notes, is what refunds and banks left of it.",
        broken="""
            SELECT payment.id::text FROM billing_payment payment
            JOIN (SELECT payment_id,
                    sum(CASE kind WHEN 'credit_note' THEN -total_cents ELSE total_cents END) AS said
                FROM billing_invoice GROUP BY payment_id) papers ON papers.payment_id = payment.id
            LEFT JOIN (SELECT payment_id, sum(net_cents + tax_cents) AS cents
                FROM billing_refund WHERE status = 'succeeded' GROUP BY payment_id) refunds
                ON refunds.payment_id = payment.id
            LEFT JOIN (SELECT payment_id, sum(amount_cents) AS cents
                FROM billing_dispute WHERE status = 'lost' GROUP BY payment_id) lost
                ON lost.payment_id = payment.id
            WHERE said <> greatest(0,
                net_cents + tax_cents - coalesce(refunds.cents, 0) - coalesce(lost.cents, 0))""",
    ),
    Invariant(
        name="payments_are_posted_as_paid",
        says="Each paid payment has its journal: under its capture, of its cents, and of its credits.",
        broken="""
            SELECT payment.id::text FROM billing_payment payment
            LEFT JOIN billing_journal journal ON journal.id = payment.journal_id
            LEFT JOIN billing_entry entry ON entry.journal_id = journal.id
            LEFT JOIN billing_account account ON account.id = entry.account_id
            WHERE payment.status = 'paid' GROUP BY payment.id, journal.key
            HAVING journal.key IS DISTINCT FROM payment.provider
                || CASE payment.provider WHEN 'paypal' THEN ':capture:' ELSE ':pi:' END || payment.capture_id
                OR coalesce(sum(entry.amount) FILTER (WHERE account.kind = 'clearing'
                    AND account.provider = payment.provider), 0) <> payment.net_cents + payment.tax_cents
                OR coalesce(sum(entry.amount) FILTER (WHERE account.unit = 'usd_cents'
                    AND account.kind = 'tax'), 0) <> -payment.tax_cents
                OR coalesce(sum(entry.amount) FILTER (WHERE account.organisation_id = payment.organisation_id), 0)
                    <> payment.amount_credits""",
    ),
    Invariant(
        name="no_more_goes_back_than_came_in",
        says="The refunds of a payment are within what it paid.",
        broken="""
            SELECT payment.id::text FROM billing_refund refund
            JOIN billing_payment payment ON payment.id = refund.payment_id
            WHERE refund.status <> 'failed' GROUP BY payment.id
            HAVING sum(refund.net_cents) > payment.net_cents OR sum(refund.tax_cents) > payment.tax_cents""",
    ),
    Invariant(
        name="refunds_are_booked_as_they_say",
        says="What a refund set aside, and what it gave back, is what it says.",
        broken="""
            SELECT id::text FROM billing_refund
            WHERE settled_id IS NOT NULL AND (
                    billing_moved(settled_id, 'clearing', 'usd_cents') <> -(net_cents + tax_cents)
                    OR billing_moved(settled_id, 'issued', 'credits') <> amount_credits)
                OR set_aside_id IS NOT NULL AND (
                    billing_moved(set_aside_id, 'refund_pending', 'usd_cents') <> -net_cents
                    OR billing_moved(set_aside_id, 'refund_pending', 'credits') <> amount_credits)""",
    ),
    Invariant(
        name="disputes_are_booked_as_they_say",
        says="What a dispute withheld, took in credits, and let go when it was decided, is what it says.",
        broken="""
            SELECT id::text FROM billing_dispute
            WHERE clawed_back_id IS NOT NULL AND (
                    billing_moved(clawed_back_id, 'withheld', 'usd_cents') <> amount_cents
                    OR billing_moved(clawed_back_id, 'clearing', 'usd_cents') <> -amount_cents
                    OR billing_moved(clawed_back_id, 'issued', 'credits') <> amount_credits)
                OR closed_id IS NOT NULL AND billing_moved(closed_id, 'withheld', 'usd_cents') <> -amount_cents""",
    ),
    Invariant(
        name="credits_are_issued",
        says="What all hold, spent and lost was issued, and nothing else.",
        broken="""
            SELECT 'the world: ' || sum(amount) FROM billing_entry
            JOIN billing_account account ON account.id = account_id
            GROUP BY unit HAVING sum(amount) <> 0""",
    ),
)
"""What holds of journals, and of each row with the journals that it names."""

WITH_ALL_THAT_HAPPENED: Final = (
    Invariant(
        name="set_aside_is_of_open_refunds",
        says="What is set aside is what open refunds, and the worth of what open disputes took, say.",
        broken="""
            SELECT organisation_id::text FROM (
                SELECT organisation_id, balance FROM billing_account
                WHERE kind = 'refund_pending' AND organisation_id IS NOT NULL) aside
            FULL JOIN (
                SELECT organisation_id, sum(refund.amount_credits) AS waits FROM billing_refund refund
                JOIN billing_payment payment ON payment.id = refund.payment_id
                WHERE refund.status IN ('asked', 'pending') AND set_aside_id IS NOT NULL
                GROUP BY organisation_id) waiting USING (organisation_id)
            WHERE coalesce(balance, 0) <> coalesce(waits, 0)
            UNION ALL SELECT 'the house: ' || cents FROM (
                SELECT coalesce((SELECT sum(amount) FROM billing_entry WHERE account_id IN (
                        SELECT id FROM billing_account WHERE kind = 'refund_pending' AND unit = 'usd_cents')), 0)
                    + coalesce((SELECT sum(net_cents) FROM billing_refund
                        WHERE status IN ('asked', 'pending') AND set_aside_id IS NOT NULL), 0)
                    - coalesce((SELECT sum(billing_moved(clawed_back_id, 'refund_pending', 'usd_cents'))
                        FROM billing_dispute WHERE status = 'open'), 0) AS cents) house
            WHERE cents <> 0""",
    ),
    Invariant(
        name="withheld_is_of_open_disputes",
        says="What banks withhold is what open disputes say.",
        broken="""
            SELECT 'the house: ' || cents FROM (
                SELECT coalesce((SELECT sum(amount) FROM billing_entry WHERE account_id IN (
                        SELECT id FROM billing_account WHERE kind = 'withheld')), 0)
                    - coalesce((SELECT sum(amount_cents) FROM billing_dispute WHERE status = 'open'), 0) AS cents
            ) house WHERE cents <> 0""",
    ),
    Invariant(
        name="clearing_is_what_came_and_went",
        says="A provider holds what was paid, less refunds, disputes, fees and what it paid out.",
        broken="""
            SELECT provider FROM (
                SELECT account.provider, coalesce(sum(amount), 0) AS cents FROM billing_account account
                LEFT JOIN billing_entry ON account_id = account.id
                WHERE kind = 'clearing' GROUP BY account.provider) clearing
            FULL JOIN (
                SELECT provider, sum(cents) AS cents FROM (
                    SELECT provider, net_cents + tax_cents AS cents FROM billing_payment WHERE status = 'paid'
                    UNION ALL SELECT provider, -(refund.net_cents + refund.tax_cents) FROM billing_refund refund
                        JOIN billing_payment payment ON payment.id = payment_id WHERE refund.status = 'succeeded'
                    UNION ALL SELECT provider, -amount_cents FROM billing_dispute dispute
                        JOIN billing_payment payment ON payment.id = payment_id WHERE dispute.status <> 'won'
                    UNION ALL SELECT provider, amount FROM billing_entry entry
                        JOIN billing_account account ON account.id = account_id
                        JOIN billing_journal journal ON journal.id = journal_id
                        WHERE kind = 'clearing' AND starts_with(journal.key, provider || ':movement:')
                ) moved GROUP BY provider) told USING (provider)
            WHERE coalesce(clearing.cents, 0) <> coalesce(told.cents, 0)""",
    ),
)
"""What holds of all journals and all rows together: none moved money that no row tells of."""

INVARIANTS: Final = (*BY_THEMSELVES, *WITH_ALL_THAT_HAPPENED)


_PLACES: Final = "SELECT count(*) OVER (), place FROM (broken) found (place) LIMIT %s"


def broken(asked: Sequence[Invariant] = INVARIANTS) -> list[Finding]:
    """Ask every invariant about one moment of the books: empty, or the books are wrong.

    :param asked: fewer of them, where journals are posted that no payment tells of
    """
    is_joined = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_joined:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = []
        for invariant in asked:
            cursor.execute(_PLACES.replace("(broken)", f"({invariant.broken})"), [SHOWN])
            rows = cursor.fetchall()
            if rows:
                places = [place for _, place in rows]
                found.append(Finding(name=invariant.name, says=invariant.says, count=rows[0][0], places=places))
    return found
