"""What the demo's people pay has a line for tax, by a rate that says of itself that it is none."""

import pytest

from billing import selectors
from billing.models import BillingProfile, Invoice, TaxRate
from marketplace import demo

pytestmark = pytest.mark.django_db


def test_the_demos_invoices_are_made_out_to_an_address_and_taxed(alice, charlie, clock):
    demo.ensure_tax()
    demo.ensure_money()

    pack = Invoice.objects.get(payment__purpose="pack")
    tax = pack.snapshot["tax"]
    assert (pack.net_cents, pack.tax_cents) == (9_800, 490)
    assert (tax["label"], tax["millipercent"]) == ("Demo tax (no real rate)", 5_000)
    assert pack.snapshot["buyer"]["name"] == alice.organisation.name
    assert Invoice.objects.filter(payment__purpose="bill").values_list("tax_cents", flat=True).get() == 745
    assert selectors.find_billing_profile(charlie.organisation_id).region == "TX"


def test_what_people_wrote_stays_when_the_demo_is_loaded_again(alice, charlie):
    demo.ensure_tax()
    BillingProfile.objects.filter(organisation=alice.organisation_id).update(name="Alder Lane LLC")
    TaxRate.objects.update(valid_until="2026-01-02")

    demo.ensure_tax()

    assert selectors.find_billing_profile(alice.organisation_id).name == "Alder Lane LLC"
    assert str(TaxRate.objects.get().valid_until) == "2026-01-02"


def test_where_real_money_is_taken_no_rate_is_made_up(alice, settings):
    settings.PAYMENT_SANDBOX = False

    demo.ensure_tax()

    assert not TaxRate.objects.exists()
    assert not BillingProfile.objects.exists()
