"""Papers of what went back: a lost dispute has its credit note, and what did not go back takes its note back."""

import pytest
from django.db import connection, transaction

from aiqleads.core import events
from billing import documents, services
from billing.invariants import broken
from billing.models import Invoice, Payment
from billing.papers import Paper
from billing.providers.port import DisputeStatus, RefundStatus
from tests.billing.drawn import words
from tests.billing.money import paid_pack
from tests.billing.test_what_goes_back import desk_refund, dispute
from tests.marketplace.guards import again, refused_by, take_away, undone

pytestmark = pytest.mark.django_db


def invoiced(member, amount_credits: int = 50, *, tax_cents: int = 400) -> Payment:
    payment = paid_pack(member, amount_credits, tax_cents=tax_cents)
    with transaction.atomic():
        services.invoice(payment)
    return payment


def papers() -> list[tuple[str, int, int, int]]:
    """Kind, place within the year, net and tax, as they were numbered."""
    return list(Invoice.objects.order_by("place").values_list("kind", "place", "net_cents", "tax_cents"))


def test_a_lost_dispute_has_one_credit_note_and_an_open_one_none(alice):
    payment = invoiced(alice)

    dispute(payment)
    assert papers() == [("invoice", 1, 5_000, 400)]
    for _ in range(2):
        found = dispute(payment, DisputeStatus.LOST)

    assert papers() == [("invoice", 1, 5_000, 400), ("credit_note", 2, 5_000, 400)]
    note = found.credit_note
    assert (note.corrects, note.payment) == (payment.invoices.get(kind="invoice"), payment)
    assert Paper.read(note.snapshot).lines[0].says == "Taken back by your bank: 50 credits"


def test_a_dispute_that_is_won_corrects_no_invoice(alice):
    payment = invoiced(alice)
    dispute(payment)

    dispute(payment, DisputeStatus.WON)

    assert papers() == [("invoice", 1, 5_000, 400)]


def test_a_dispute_of_a_part_is_noted_with_its_part_of_the_tax_as_it_is_booked(alice):
    payment = invoiced(alice)

    found = dispute(payment, DisputeStatus.LOST, cents=2_000)

    booked = found.closed.entries.get(account__kind="tax").amount
    assert papers()[1] == ("credit_note", 2, 1_852, 148)
    assert booked == 148


def test_a_bank_takes_no_more_off_an_invoice_than_refunds_left(alice):
    payment = invoiced(alice)
    desk_refund(payment, 2_700)

    dispute(payment, DisputeStatus.LOST)

    assert papers()[1:] == [("credit_note", 2, 2_500, 200), ("credit_note", 3, 2_500, 200)]


def test_a_refund_after_a_lost_dispute_is_noted_as_far_as_the_invoice_goes(alice):
    payment = invoiced(alice)
    dispute(payment, DisputeStatus.LOST, cents=4_400)

    desk_refund(payment, 2_700)

    assert papers()[1:] == [("credit_note", 2, 4_075, 325), ("credit_note", 3, 925, 75)]


def test_a_refund_of_what_a_bank_took_whole_has_no_paper_left(alice):
    payment = invoiced(alice)
    dispute(payment, DisputeStatus.LOST)

    refund = desk_refund(payment, 5_400)

    assert refund.status == "succeeded"
    assert [kind for kind, *_ in papers()] == ["invoice", "credit_note"]


def test_a_refund_that_its_bank_sent_back_takes_its_credit_note_back_once(alice):
    payment = invoiced(alice)
    refund = desk_refund(payment, 2_700)

    for _ in range(2):
        desk_refund(payment, 2_700, RefundStatus.FAILED)

    assert papers() == [
        ("invoice", 1, 5_000, 400),
        ("credit_note", 2, 2_500, 200),
        ("correction", 3, 2_500, 200),
    ]
    correction = Invoice.objects.get(kind="correction")
    assert correction.corrects == refund.credit_note


def test_what_came_back_can_go_back_again(alice):
    payment = invoiced(alice)
    desk_refund(payment, 5_400)
    desk_refund(payment, 5_400, RefundStatus.FAILED)

    desk_refund(payment, 5_400, refund_id="re_again")

    assert [kind for kind, *_ in papers()] == ["invoice", "credit_note", "correction", "credit_note"]


def test_a_refund_that_was_never_made_leaves_no_paper(alice):
    payment = invoiced(alice)
    desk_refund(payment, 2_700, RefundStatus.PENDING)

    desk_refund(payment, 2_700, RefundStatus.FAILED)

    assert papers() == [("invoice", 1, 5_000, 400)]


def test_their_pages_and_letters_say_what_happened(alice, mailoutbox):
    lost, returned = invoiced(alice), invoiced(alice, 20, tax_cents=0)
    note = dispute(lost, DisputeStatus.LOST).credit_note
    desk_refund(returned, 2_000)
    desk_refund(returned, 2_000, RefundStatus.FAILED)
    correction = Invoice.objects.get(kind="correction")

    assert "54.00 USD were taken back by your bank." in words(documents.invoice_pdf(note))
    page = words(documents.invoice_pdf(correction))
    assert f"Corrects credit note {correction.corrects.number}" in page
    assert "20.00 USD did not arrive and came back to us: they count as paid again." in page
    events.deliver_all()
    letters = {mail.subject: mail.body for mail in mailoutbox}
    assert "Your bank took 54.00 USD back for good" in letters[f"Your credit note {note.number} over 54.00 USD"]
    told = letters[f"Your correction {correction.number} over 20.00 USD"]
    assert f"takes credit note {correction.corrects.number} back" in told


CORRECTION = "kind = 'correction'"
UNDRAWN = {"pdf": "NULL", "sha256": "''"}
BREAK_INS = {
    "billing_invoice_dispute_id_key": again("billing_invoice", "dispute_id IS NOT NULL", **UNDRAWN),
    "correction_takes_a_note_back": again(
        "billing_invoice", CORRECTION, corrects_id="(SELECT id FROM billing_invoice WHERE dispute_id IS NOT NULL)"
    ),
    "credit_note_is_taken_back_once": again("billing_invoice", CORRECTION, **UNDRAWN),
}
BEHIND = {
    "billing_invoice_dispute_id_key": ("credit_note_says_what_went_back", "credit_notes_within_their_invoice")
}


def test_a_paper_of_what_goes_back_is_issued_once_and_says_what_happened(alice, subtests):
    payment, disputed = invoiced(alice), invoiced(alice, 20)
    desk_refund(payment, 2_700)
    desk_refund(payment, 2_700, RefundStatus.FAILED)
    dispute(disputed, DisputeStatus.LOST)
    connection.check_constraints()

    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(statement) == guard
            take_away(guard)
            for other in BEHIND.get(guard, ()):
                take_away(other)
            assert refused_by(statement) == ""


def test_papers_that_do_not_add_up_are_named(alice):
    payment = invoiced(alice)
    desk_refund(payment, 2_700)
    assert broken() == []
    take_away("invoice_written_once")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_invoice SET net_cents = 2400, total_cents = 2600 WHERE kind = 'credit_note'")

    assert [(found.name, found.places) for found in broken()] == [("papers_add_up_to_the_books", [str(payment.pk)])]
