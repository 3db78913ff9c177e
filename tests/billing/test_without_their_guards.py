"""What each guard of money is there for: without it the same thing is recorded twice, and the books are wrong.

Each is tried with its guard, which refuses; then the guard is dropped, for a transaction that is rolled back, and
the same goes through. What comes of it is counted, and ``verify_ledger`` names it.
"""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint
from billing import selectors, services
from billing.invariants import broken
from billing.models import Invoice, Journal, Payment, Refund
from billing.services.ledger import Fact, Move
from tests.billing.money import paid_pack, refunded
from tests.marketplace.guards import again, take_away, undone

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]


@pytest.fixture
def payment(alice) -> Payment:
    """Fifty credits for fifty dollars, invoiced."""
    payment = paid_pack(alice)
    with transaction.atomic():
        services.invoice(payment)
    return payment


def refused(act: Callable[[], None]) -> str:
    """The guard that keeps ``act`` out."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        act()
        connection.check_constraints()
    return violated_constraint(refusal.value) or ""


def named() -> set[str]:
    return {finding.name for finding in broken()}


def without(act: Callable[[], None], *guards: str) -> None:
    """Do it with the guards dropped."""
    for guard in guards:
        take_away(guard)
    with transaction.atomic():
        act()
        connection.check_constraints()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_without_unique_keys_a_capture_is_credited_twice(payment, alice):
    posted = [
        Move(account_id=entry.account_id, amount=entry.amount, lot_id=entry.lot_id)
        for entry in payment.journal.entries.all()
    ]

    def post_again() -> None:
        execute(again("billing_lot", id="987654321", remaining="0"))
        moves = [
            Move(account_id=move.account_id, amount=move.amount, lot_id=987654321 if move.lot_id else None)
            for move in posted
        ]
        services.post([Fact(key=payment.journal.key, memo="Once more", moves=moves)])

    assert refused(post_again) == "billing_journal_key_key"
    assert selectors.balance_credits(alice.organisation_id) == 50
    with undone():
        without(post_again, "billing_journal_key_key")
        assert selectors.balance_credits(alice.organisation_id) == 100
        assert Journal.objects.filter(key=payment.journal.key).count() == 2
        assert named() == {"clearing_is_what_came_and_went"}


def test_without_captures_of_their_own_one_capture_pays_for_two(payment):
    def pay_again() -> None:
        execute(again("billing_payment", checkout_id="''"))

    assert refused(pay_again) == "billing_payment_journal_id_key"
    with undone():
        take_away("billing_payment_journal_id_key")
        assert refused(pay_again) == "payment_captured_once"
        without(pay_again, "payment_captured_once")
        assert Payment.objects.filter(capture_id=payment.capture_id, status="paid").count() == 2
        assert named() == {"clearing_is_what_came_and_went"}


def test_without_the_journals_equality_more_is_paid_than_came_in(payment):
    def say_more() -> None:
        execute("UPDATE billing_payment SET net_cents = net_cents + 1")
        execute("UPDATE billing_payment SET journal_id = journal_id")

    with undone():
        take_away("payment_is_as_asked")
        assert refused(say_more) == "payment_is_posted_as_paid"
        without(say_more, "payment_has_its_journal")
        assert {"payments_are_posted_as_paid", "clearing_is_what_came_and_went"} <= named()


def test_without_the_payments_limit_more_goes_back_than_came_in(payment, alice):
    other = paid_pack(alice)
    refunded(payment, amount_credits=50, net_cents=5_000)

    def give_back_again() -> None:
        refund = refunded(other, amount_credits=50, net_cents=5_000)
        Refund.objects.filter(pk=refund.pk).update(payment=payment)

    with undone():
        take_away("refund_keeps_what_was_asked")
        assert refused(give_back_again) == "refunds_within_their_payment"
        without(give_back_again, "refunds_within_their_payment")
        assert sum(Refund.objects.filter(payment=payment).values_list("net_cents", flat=True)) == 10_000
        assert "no_more_goes_back_than_came_in" in named()


def test_without_one_invoice_a_payment_the_same_money_is_invoiced_twice(payment):
    def invoice_again() -> None:
        execute(again("billing_invoice"))

    assert refused(invoice_again) == "payment_is_invoiced_once"
    with undone():
        without(invoice_again, "payment_is_invoiced_once")
        assert list(Invoice.objects.values_list("place", flat=True).order_by("place")) == [1, 2]
        assert named() == {"papers_add_up_to_the_books"}


def test_without_unique_numbers_two_invoices_have_the_same(payment, alice):
    other = paid_pack(alice)

    def number_again() -> None:
        execute(again("billing_invoice", payment_id=f"'{other.pk}'"))

    with undone():
        take_away("invoice_takes_a_number")
        assert refused(number_again) == "invoice_number_once"
        without(number_again, "invoice_number_once")
        assert list(Invoice.objects.values_list("place", flat=True)) == [1, 1]
        assert "invoices_have_no_gap" in named()
