"""Invoices and credit notes: numbered with the money, said as it was then, drawn and sent once."""

from hashlib import sha256
from io import BytesIO

import pikepdf
import pytest
from django.db import connection, transaction

from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from billing import documents, letters, selectors, services, tasks
from billing.invariants import broken
from billing.models import BillingProfile, Invoice, Payment
from billing.papers import Paper, dollars, percent
from tests.billing.drawn import words
from tests.billing.money import paid, refunded, started, take
from tests.billing.test_tax import lives, rate

pytestmark = pytest.mark.django_db


def issued(payment: Payment) -> Invoice:
    with transaction.atomic():
        return services.invoice(payment)


def noted(payment: Payment, **back: int) -> Invoice:
    refund = refunded(payment, **back)
    with transaction.atomic():
        return services.credit_note(refund)


def test_an_invoice_says_who_sold_what_to_whom_and_what_was_taxed(alice, settings):
    settings.COMPANY_NAME, settings.COMPANY_ADDRESS = "Leads Inc.", ["2 Oak St", "Austin TX 78702"]
    lives(alice)
    rate()

    made = issued(paid(alice, tax_cents=404))

    paper = Paper.read(made.snapshot)
    assert (made.net_cents, made.tax_cents, made.total_cents) == (4_900, 404, 5_304)
    assert (paper.seller.name, paper.seller.address) == ("Leads Inc.", ["2 Oak St", "Austin TX 78702"])
    assert (paper.buyer.name, paper.buyer.address) == ("Alice", ["1 Elm St", "Austin TX", "US"])
    assert [(line.says, line.net_cents) for line in paper.lines] == [("50 credits", 4_900)]
    assert (paper.tax.cents, paper.tax.millipercent, paper.tax.label) == (404, 8_250, "Sales tax")
    assert broken() == []


def test_a_payment_is_invoiced_once_and_without_a_profile_by_the_organisations_name(alice):
    payment = paid(alice)

    assert issued(payment) == issued(payment)
    assert Paper.read(Invoice.objects.get().snapshot).buyer.name == "Alice Realty"


def test_a_tax_that_the_table_does_not_say_is_told_without_its_rate(alice):
    lives(alice)
    rate()

    paper = Paper.read(issued(paid(alice, tax_cents=17)).snapshot)

    assert (paper.tax.cents, paper.tax.millipercent, paper.tax.label) == (17, 0, "")


def test_numbers_count_within_the_year_and_begin_anew_with_the_next(alice, clock):
    first, second = (issued(paid(alice)) for _ in range(2))
    clock.advance(days=366)
    later = issued(paid(alice))

    assert [one.place for one in (first, second, later)] == [1, 2, 1]
    assert (later.year, later.number) == (first.year + 1, f"{first.year + 1}-000001")
    assert broken() == []


def test_what_is_rolled_back_takes_no_number_along(alice):
    payment = started(alice)

    class Crash(Exception):
        pass

    with pytest.raises(Crash), transaction.atomic():
        services.invoice(take(payment))
        raise Crash

    assert issued(paid(alice)).place == 1
    assert Invoice.objects.count() == 1


def test_the_money_and_its_invoice_are_posted_together_or_not_at_all(alice):
    payment = started(alice)

    with transaction.atomic():
        services.invoice(take(payment))
        connection.check_constraints()

    assert payment.invoices.get().number.endswith("-000001")


def test_a_credit_note_corrects_its_invoice_as_that_was_made_out(alice):
    lives(alice)
    payment = paid(alice, tax_cents=404)
    invoice = issued(payment)
    BillingProfile.objects.update(name="Somebody else")

    note = noted(payment, amount_credits=25, net_cents=2_450, tax_cents=202)

    paper = Paper.read(note.snapshot)
    assert (note.kind, note.corrects, note.total_cents, note.place) == ("credit_note", invoice, 2_652, 2)
    assert (paper.buyer.name, paper.corrects) == ("Alice", invoice.number)
    assert broken() == []


def test_a_refund_of_what_was_never_invoiced_issues_both(alice):
    payment = paid(alice)

    note = noted(payment, amount_credits=50, net_cents=4_900)

    assert [one.kind for one in Invoice.objects.order_by("place")] == ["invoice", "credit_note"]
    assert note.corrects == payment.invoices.get(kind="invoice")


def test_a_page_is_kept_once_with_its_hash_and_is_the_same_each_time(alice):
    made = issued(paid(alice))

    kept = services.write_page(invoice_id=made.pk)
    again = services.write_page(invoice_id=made.pk)

    assert bytes(kept.pdf) == bytes(again.pdf) == documents.invoice_pdf(made)
    assert kept.sha256 == sha256(bytes(kept.pdf)).hexdigest()
    with pikepdf.open(BytesIO(kept.pdf)) as document:
        assert document.docinfo["/Title"] == f"Invoice {made.number}"


def test_names_of_more_than_western_europe_are_printed(alice):
    BillingProfile.objects.create(
        organisation=alice.organisation,
        name="Żółć Łukasz & Дмитрий <b>",
        street="1 Elm St",
        city="Austin",
        region="TX",
    )
    note_of = paid(alice)
    issued(note_of)

    page = words(documents.invoice_pdf(noted(note_of, amount_credits=1, net_cents=98)))

    assert "Żółć Łukasz & Дмитрий <b>" in page
    assert "Corrects invoice" in page
    assert "0.98 USD went back" in page


def test_the_letter_goes_once_to_the_address_on_the_invoice(alice, mailoutbox):
    lives(alice)
    BillingProfile.objects.update(email="books@example.com")
    made = issued(paid(alice))

    events.deliver_all()
    services.send_invoice(invoice_id=made.pk)

    [letter] = mailoutbox
    assert (letter.to, letter.subject) == (["books@example.com"], f"Your invoice {made.number} over 49.00 USD")
    assert "nothing is left to pay" in letter.body
    [(name, page, kind)] = letter.attachments
    assert (name, kind, page[:5]) == (f"{made.number}.pdf", "application/pdf", b"%PDF-")


def test_without_a_profile_the_owners_are_written_to_and_told_what_a_note_corrects(alice, bob, mailoutbox):
    payment = paid(alice)
    invoice = issued(payment)
    noted(payment, amount_credits=1, net_cents=98)

    events.deliver_all()

    assert [letter.to for letter in mailoutbox] == [["alice@example.com"]] * 2
    assert f"corrects invoice {invoice.number}" in mailoutbox[1].body


def test_nobody_left_to_write_to_is_written_to(alice, mailoutbox):
    made = services.write_page(invoice_id=issued(paid(alice)).pk)
    alice.user.is_active = False
    alice.user.save()

    letters.tell_of_invoice(made)

    assert mailoutbox == []


def test_money_is_written_as_people_read_it():
    assert [dollars(cents) for cents in (5, 4_900, 123_456_789, -250)] == [
        "0.05 USD",
        "49.00 USD",
        "1,234,567.89 USD",
        "-2.50 USD",
    ]
    assert [percent(rate) for rate in (8_875, 8_250, 6_000, 125)] == ["8.875 %", "8.25 %", "6 %", "0.125 %"]


def test_others_invoices_are_not_found(alice, charlie):
    made = issued(paid(alice))

    assert selectors.find_invoice(alice.organisation_id, made.pk) == made
    assert selectors.find_invoice(charlie.organisation_id, made.pk) is None


def test_what_no_event_led_to_is_sent_a_quarter_of_an_hour_later(alice, clock, mailoutbox):
    issued(paid(alice))
    OutboxEvent.objects.all().delete()
    assert services.send_missed_invoices() == 0

    clock.advance(minutes=16)
    tasks.send_missed_invoices()

    assert (len(mailoutbox), services.send_missed_invoices()) == (1, 0)
