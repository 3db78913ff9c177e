"""Pages of invoices: listed, taken as files, and made out to whom the owner says."""

import pytest
from django.test import Client

from accounts import services
from accounts.models import Membership
from billing.models import BillingProfile, Invoice
from tests.billing.money import paid
from tests.billing.test_invoicing import issued, noted
from tests.conftest import log_in

pytestmark = pytest.mark.django_db

PROFILE = {
    "name": " Alice  Realty ",
    "email": "books@example.com",
    "street": "1 Elm St",
    "city": "Austin",
    "region": "tx",
    "postal_code": "78701",
    "country": "us",
    "tax_id": "",
}


@pytest.fixture
def alices(alice) -> Client:
    return log_in(Client(), alice.user)


@pytest.fixture
def invoice(alice) -> Invoice:
    return issued(paid(alice, tax_cents=404))


def test_the_page_lists_invoices_and_notes_and_hands_out_their_pages(alices, alice, invoice):
    noted(invoice.payment, amount_credits=1, net_cents=98)

    page = alices.get("/credits/invoices/")
    file = alices.get(f"/credits/invoices/{invoice.pk}.pdf")

    for text in (invoice.number, "53.04 USD", "tax 4.04 USD", "−0.98 USD", f"corrects {invoice.number}"):
        assert text in page.text
    assert (file["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    assert file["Content-Disposition"] == f'attachment; filename="aiqleads-{invoice.number}.pdf"'


def test_others_and_those_who_may_only_look_get_none(alice, charlie, bob, invoice):
    theirs = log_in(Client(), charlie.user)
    viewers = log_in(Client(), bob.user)

    assert theirs.get(f"/credits/invoices/{invoice.pk}.pdf").status_code == 404
    for address in ("/credits/invoices/", f"/credits/invoices/{invoice.pk}.pdf", "/credits/billing-profile/"):
        assert viewers.get(address).status_code == 403
    assert viewers.post("/credits/billing-profile/", PROFILE).status_code == 403
    assert not BillingProfile.objects.exists()


def test_a_strange_cursor_leads_back_to_the_first_page(alices):
    assert alices.get("/credits/invoices/?cursor=x").headers["Location"] == "/credits/invoices/"
    assert "No invoice yet" in alices.get("/credits/invoices/").text


def test_the_owner_says_whom_invoices_are_made_out_to(alices, alice):
    done = alices.post("/credits/billing-profile/", PROFILE, follow=True)

    profile = BillingProfile.objects.get()
    assert done.redirect_chain == [("/credits/invoices/", 302)]
    assert (profile.name, profile.region, profile.country, profile.changed_by) == (
        "Alice Realty",
        "TX",
        "US",
        alice,
    )
    assert 'value="1 Elm St"' in alices.get("/credits/billing-profile/").text


def test_who_leaves_takes_their_address_along(alice, alices):
    BillingProfile.objects.create(
        organisation=alice.organisation, name="A", email="alice@example.com", street="1", city="A", region="TX"
    )
    services.close_account(user=alice.user)

    assert not BillingProfile.objects.exists()
    assert Membership.ever.filter(pk=alice.pk).exists()
