"""Tax by Stripe Tax, whoever takes the money: asked before, kept with the payment, told of what came and went."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.db import transaction

from aiqleads.core import alerts
from billing import recharge_terms, services
from billing.documents import invoice_pdf
from billing.errors import BillingAddressNeeded, OrderChanged, ProviderAway
from billing.invariants import broken
from billing.models import AutoRecharge, BillingProfile, Invoice, Payment, TaxReckoning, TaxReversal
from billing.papers import Paper, TaxLine, TaxPart
from billing.providers.fakes.stripe import objects
from billing.providers.port import DisputeStatus, RefundStatus
from billing.services import reckoning
from tests.billing.money import refunded
from tests.billing.stripe_stand_in import KEY, SECRETS, StripeServed, stripe_served
from tests.billing.test_what_goes_back import desk_refund, dispute
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db

AUSTIN: Final = [TaxPart(says="Texas, 6.25 %", cents=306), TaxPart(says="Austin, 2 %", cents=98)]


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServed]:
    with stripe_served() as served:
        yield served


@pytest.fixture(autouse=True)
def office(served: StripeServed, settings: Any) -> StripeServed:
    settings.STRIPE_TAX, settings.STRIPE_API_BASE = True, served.url
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = KEY, list(SECRETS)
    return served


@pytest.fixture
def profile(alice) -> BillingProfile:
    return BillingProfile.objects.create(
        organisation=alice.organisation,
        name="Alice",
        street="1 Elm St",
        city="Austin",
        region="TX",
        postal_code="78701",
    )


def buy(member, payment_id=None) -> Payment:
    return services.start_checkout(
        member=member, pack_code="fifty", provider="sandbox", payment_id=payment_id or uuid4()
    )


def bought(member, till) -> Payment:
    payment = buy(member)
    till.pay(payment.checkout_id)
    return services.look_again(payment.pk)


def told(office: StripeServed, payment: Payment | None = None) -> list[objects.Thing]:
    made = office.fake.account.all("tax.transaction")
    return [one for one in made if payment is None or one["reference"] == str(payment.pk)]


def test_tax_is_asked_before_it_is_paid_and_told_once_it_has_come(alice, profile, till, pack, office):
    payment = buy(alice)
    assert (payment.tax_cents, till.pages[payment.checkout_id].total.minor) == (404, 5_304)
    assert services.report_taxes() == 0
    till.pay(payment.checkout_id)
    services.look_again(payment.pk)

    assert [services.report_taxes() for _ in range(2)] == [1, 0]

    [transaction_told] = told(office, payment)
    kept = TaxReckoning.objects.get()
    assert (kept.pk, kept.transaction_id, kept.code) == (payment.pk, transaction_told["id"], "")
    assert transaction_told["line_items"]["data"][0]["amount_tax"] == 404
    assert broken() == []


def test_an_invoice_says_who_levies_what_was_paid(alice, profile, till, pack):
    issued = bought(alice, till).invoices.get()

    tax = Paper.read(issued.snapshot).tax
    assert tax == TaxLine(cents=404, millipercent=8_250, label="Sales tax", region="US-TX", parts=AUSTIN)
    assert (issued.net_cents, issued.tax_cents, issued.total_cents) == (4_900, 404, 5_304)
    assert invoice_pdf(issued).startswith(b"%PDF")


def test_an_address_that_changes_in_between_changes_no_price_that_was_shown(alice, profile, till, pack):
    payment = buy(alice)
    BillingProfile.objects.update(region="NV", postal_code="89101")

    again = buy(alice, payment.pk)
    till.pay(again.checkout_id)
    paid = services.look_again(again.pk)

    assert (again.pk, paid.status, paid.total_cents) == (payment.pk, "paid", 5_304)
    assert Paper.read(paid.invoices.get().snapshot).tax.region == "US-TX"
    assert TaxReckoning.objects.count() == 1


def test_who_says_no_place_pays_nothing(alice, till, pack):
    with pytest.raises(BillingAddressNeeded):
        buy(alice)
    BillingProfile.objects.create(organisation=alice.organisation, name="A", street="1", city="Austin", region="TX")
    with pytest.raises(BillingAddressNeeded) as refusal:
        buy(alice)

    assert "postal code" in refusal.value.detail
    assert (Payment.objects.count(), till.asked) == (0, [])


@pytest.mark.usefixtures("pack", "profile")
@pytest.mark.parametrize("does", ["breaks", "mumbles"])
def test_who_cannot_be_asked_is_replaced_by_no_other_tax(does, alice, till, office):
    office.fake.control.does(does, calls=2 if does == "breaks" else 1)

    with pytest.raises(ProviderAway):
        buy(alice)

    assert (Payment.objects.count(), till.asked) == (0, [])
    assert [alert.key for alert in alerts.open_alerts()] == ([reckoning.OFFICE] if does == "mumbles" else [])
    assert buy(alice).tax_cents == 404
    assert not alerts.open_alerts().exists()


def test_a_price_that_changed_while_the_office_was_asked_is_not_taxed_by_another(alice, profile):
    answer = reckoning.ask_tax(organisation_id=alice.organisation_id, net_cents=4_900, reference="1")

    with pytest.raises(OrderChanged):
        reckoning.tax_of(answer, organisation_id=alice.organisation_id, net_cents=5_900)
    with pytest.raises(ProviderAway):
        reckoning.tax_of(None, organisation_id=alice.organisation_id, net_cents=4_900)


def test_a_report_whose_answer_was_lost_is_made_once(alice, profile, till, pack, office):
    payment = bought(alice, till)
    office.fake.control.does("loses_answer")
    assert (services.report_taxes(), TaxReckoning.objects.get().transaction_id) == (0, "")

    assert services.report_taxes() == 1

    assert [one["id"] for one in told(office, payment)] == [TaxReckoning.objects.get().transaction_id]


def test_a_calculation_that_has_ended_waits_for_a_person_and_is_not_asked_again(alice, profile, till, pack, office):
    payment = bought(alice, till)
    office.fake.control.advance(90 * objects.DAY)

    assert [services.report_taxes() for _ in range(2)] == [0, 0]

    assert (TaxReckoning.objects.get().code, told(office, payment)) == ("tax_calculation_expired", [])
    assert [alert.key for alert in alerts.open_alerts()] == [f"tax.unreported:{payment.pk}"]


@pytest.mark.usefixtures("pack", "profile")
def test_what_was_reckoned_is_told_also_when_the_office_is_asked_no_more(alice, till, office, settings):
    payment = bought(alice, till)
    settings.STRIPE_TAX = False

    assert services.report_taxes() == 1
    assert len(told(office, payment)) == 1
    assert buy(alice).tax_cents == 0


def test_what_nobody_told_for_days_is_an_alert_until_it_is_told(alice, profile, till, pack, clock):
    bought(alice, till)
    assert list(reckoning_late()) == []
    clock.advance(days=4)

    assert list(reckoning_late()) == ["tax.late:office"]

    services.report_taxes()
    assert list(reckoning_late()) == []


def reckoning_late() -> list[str]:
    alerts.check_all()
    return [alert.key for alert in alerts.open_alerts() if alert.key.startswith("tax.late")]


def test_one_report_that_nobody_understands_keeps_no_other_waiting(alice, profile, till, pack, office):
    first, second = bought(alice, till), bought(alice, till)
    office.fake.control.does("mumbles")

    assert services.report_taxes() == 1

    assert [alert.key for alert in alerts.open_alerts()] == [f"tax.unreported:{first.pk}"]
    assert set(TaxReckoning.objects.exclude(transaction_id="").values_list("pk", flat=True)) == {second.pk}
    assert services.report_taxes() == 1
    assert not alerts.open_alerts().exists()


def give_back(payment: Payment, *, amount_credits: int, net_cents: int, tax_cents: int) -> Invoice:
    back = refunded(payment, amount_credits=amount_credits, net_cents=net_cents, tax_cents=tax_cents)
    with transaction.atomic():
        return services.credit_note(back)


def test_what_goes_back_in_three_parts_is_told_to_the_cent(alice, profile, till, pack, office):
    payment = bought(alice, till)
    notes = [
        give_back(payment, amount_credits=back, net_cents=net, tax_cents=tax)
        for back, net, tax in ((17, 1_666, 137), (17, 1_666, 137), (16, 1_568, 130))
    ]

    office.fake.control.does("loses_answer")
    assert [services.report_taxes() for _ in range(3)] == [0, 4, 0]

    gone = [one for one in told(office) if one["reference"] in {str(note.pk) for note in notes}]
    assert sum(one["line_items"]["data"][0]["amount_tax"] for one in gone) == -404
    assert sum(one["line_items"]["data"][0]["amount"] for one in gone) == -4_900
    assert set(TaxReversal.objects.values_list("transaction_id", flat=True)) == {one["id"] for one in gone}


def test_what_a_bank_took_is_taken_back_as_well(alice, profile, till, pack, office):
    payment = bought(alice, till)
    found = dispute(payment, DisputeStatus.LOST)

    assert [services.report_taxes() for _ in range(2)] == [2, 0]

    [back] = [one for one in told(office) if one["reference"] == str(found.credit_note.pk)]
    assert [line["amount_tax"] for line in back["line_items"]["data"]] == [-404]


def test_a_refund_that_came_back_before_it_was_told_is_not_told(alice, profile, till, pack, office):
    payment = bought(alice, till)
    for status in (RefundStatus.SUCCEEDED, RefundStatus.FAILED):
        desk_refund(payment, 2_652, status)

    assert services.report_taxes() == 1
    assert not TaxReversal.objects.exists()
    assert not alerts.open_alerts().filter(key__startswith="tax.").exists()


def test_a_refund_that_came_back_after_it_was_told_is_for_a_person_once(alice, profile, till, pack):
    payment = bought(alice, till)
    desk_refund(payment, 2_652)
    assert services.report_taxes() == 2
    desk_refund(payment, 2_652, RefundStatus.FAILED)

    services.report_taxes()

    key = f"tax.corrected:{Invoice.objects.get(kind='correction').pk}"
    assert [alert.key for alert in alerts.open_alerts().filter(key__startswith="tax.")] == [key]
    alerts.close_alert(key=key)
    services.report_taxes()
    assert not alerts.open_alerts().filter(key__startswith="tax.").exists()


def test_what_the_office_does_not_take_back_waits_for_a_person(alice, profile, till, pack, office):
    payment = bought(alice, till)
    assert services.report_taxes() == 1
    note = give_back(payment, amount_credits=50, net_cents=4_900, tax_cents=404)
    reported = TaxReckoning.objects.get().transaction_id
    office.fake.account.take_tax_back({"original_transaction": reported, "reference": "by hand", "mode": "full"})

    assert [services.report_taxes() for _ in range(2)] == [0, 0]

    back = TaxReversal.objects.get()
    assert (back.transaction_id, bool(back.code)) == ("", True)
    assert [alert.key for alert in alerts.open_alerts()] == [f"tax.unreported:{note.pk}"]


def test_credits_that_buy_themselves_are_taxed_by_the_office(alice, profile, till, pack, office):
    setup = services.start_setup(member=alice, provider="sandbox")
    till.keep_method(setup.checkout_id)
    services.look_at_setup(setup.pk)
    terms = {"pack_code": "fifty", "below_credits": 20, "most_a_day": 2, "price_cents": 4_900}
    services.agree_to_recharge(member=alice, provider="sandbox", version=recharge_terms.VERSION, **terms)
    office.fake.control.does("breaks", calls=2)
    assert services.recharge_where_low(organisation_id=alice.organisation_id) is None

    payment = services.recharge_where_low(organisation_id=alice.organisation_id)

    assert (payment.status, payment.total_cents, payment.tax_reckoning.tax_cents) == ("paid", 5_304, 404)
    assert services.recharge_where_low(organisation_id=alice.organisation_id) is None


def test_credits_do_not_buy_themselves_where_nobody_knows_the_address(alice, till, pack):
    setup = services.start_setup(member=alice, provider="sandbox")
    till.keep_method(setup.checkout_id)
    services.look_at_setup(setup.pk)
    terms = {"pack_code": "fifty", "below_credits": 20, "most_a_day": 2, "price_cents": 4_900}
    services.agree_to_recharge(member=alice, provider="sandbox", version=recharge_terms.VERSION, **terms)

    assert services.recharge_where_low(organisation_id=alice.organisation_id) is None

    assert (AutoRecharge.objects.get().is_on, Payment.objects.count()) == (False, 0)


def test_an_office_without_a_key_is_seen_at_start_up(settings):
    settings.STRIPE_SECRET_KEY = ""

    assert "billing.E008" in {message.id for message in run_checks()}


REPORTED: Final = "transaction_id = 'tax_1', line_id = 'tax_li_1', reported_at = now()"
KEPT: Final = "UPDATE billing_taxreckoning SET {}"
BACK: Final = "INSERT INTO billing_taxreversal (credit_note_id, reckoning_id, transaction_id, code, reported_at) {}"
NOTE: Final = "SELECT id, payment_id, '{}', '{}', now() FROM billing_invoice WHERE kind = '{}' LIMIT 1"
SAME: Final = (
    "INSERT INTO billing_taxreckoning (payment_id, calculation_id, net_cents, tax_cents, millipercent, label, "
    "region, parts, reckoned_at, transaction_id, line_id, code) SELECT p.id, 'calc', {}, {}, 8250, '', '', '{}', "
    "now(), '', '', '' FROM billing_payment p WHERE p.status = 'created'"
)
BREAK_INS: Final = {
    "tax_is_what_was_reckoned": SAME.format(4_900, 405, '[{"cents": 405}]'),
    "tax_parts_add_up": SAME.format(4_900, 404, '[{"cents": 403}]'),
    "tax_reckoned_once": KEPT.format("region = 'US-NV'"),
    "tax_is_reported_when_paid": KEPT.format(REPORTED.replace("_1", "_2")) + " WHERE transaction_id = ''",
    "tax_is_reported_once": KEPT.format("transaction_id = 'tax_0', line_id = 'x', reported_at = now()")
    + " WHERE transaction_id = ''",
    "tax_reported_has_its_moment": KEPT.format("line_id = 'tax_li_3'") + " WHERE transaction_id = ''",
    "tax_goes_back_by_its_note": BACK.format(NOTE.format("tax_4", "", "invoice")),
    "tax_goes_back_once": BACK.format(NOTE.format("tax_back", "", "credit_note") + " OFFSET 1"),
    "tax_goes_back_or_says_why_not": BACK.format(NOTE.format("", "", "credit_note") + " OFFSET 1"),
}
"""What wrong code could write."""


@pytest.mark.no_cover
def test_each_guard_of_taxes_refuses_and_nothing_else_would(alice, profile, till, pack, subtests):
    payment = bought(alice, till)
    TaxReckoning.objects.update(transaction_id="tax_0", line_id="tax_li_0", reported_at=payment.paid_at)
    notes = [give_back(payment, amount_credits=10, net_cents=980, tax_cents=80) for _ in range(2)]
    TaxReversal.objects.create(
        credit_note=min(notes, key=lambda note: note.place), reckoning_id=payment.pk, transaction_id="tax_back"
    )
    buy(alice)
    for guard, statement in BREAK_INS.items():
        with subtests.test(guard), undone():
            if guard in {"tax_is_what_was_reckoned", "tax_parts_add_up"}:
                free(alice)
            if guard == "tax_is_reported_once":
                take_away("tax_is_reported_when_paid")
            assert refused_by(statement) == guard
            take_away(guard)
            assert refused_by(statement) == ""
    for table in ("billing_taxreckoning", "billing_taxreversal"):
        assert "written once" in refused_by(f"DELETE FROM {table}")


def free(member) -> None:
    """A payment that nothing was reckoned for, and no other that waits."""
    Payment.objects.filter(status="created").update(status="expired")
    pack = Payment.objects.first().pack
    Payment.objects.create(
        organisation=member.organisation, member=member, provider="sandbox", purpose="pack", pack=pack,
        amount_credits=50, net_cents=4_900, tax_cents=404,
    )  # fmt: skip
