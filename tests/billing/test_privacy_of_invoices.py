"""What a person is told of billing profiles and invoices, what is corrected and deleted, and what stays."""

import pytest

from accounts.privacy.people import Person
from billing.models import BillingProfile, Invoice
from billing.privacy import BillingAccountHolder, BillingHolder
from tests.billing.money import paid
from tests.billing.test_invoicing import issued
from tests.billing.test_tax import lives

pytestmark = pytest.mark.django_db

BOOKS = Person.of(emails=["Books@example.com"])


@pytest.fixture
def invoice(alice) -> Invoice:
    lives(alice)
    BillingProfile.objects.update(email="books@example.com", tax_id="12-3")
    return issued(paid(alice))


def test_a_person_is_told_of_their_profile_and_of_invoices_that_stay(invoice):
    found = BillingHolder().find(BOOKS)
    told = {(one.subject.split(":")[0], one.what): one.value for one in BillingHolder().export(BOOKS)}

    assert [one.kinds[0] for one in found] == [
        "whom invoices are made out to",
        f"invoice {invoice.number}, which tax law has us keep",
    ]
    assert told["billing.billingprofile", "street"] == "1 Elm St"
    assert told["billing.invoice", "address"] == "1 Elm St, Austin TX, US"
    assert told["billing.invoice", "tax id"] == "12-3"
    assert BillingHolder().find(Person.of(emails=["other@example.com"])) == []


def test_a_correction_is_of_the_profile_alone(invoice):
    changed = [BillingHolder().correct(BOOKS, {"name": "Alicia", "phone": "+15125550142"}) for _ in range(2)]

    assert [[one.what for one in each] for each in changed] == [["name"], []]
    assert BillingProfile.objects.get().name == "Alicia"
    assert Invoice.objects.get().snapshot["buyer"]["name"] == "Alice"


def test_an_erasure_takes_the_profile_and_leaves_the_invoice(invoice):
    gone = [BillingHolder().erase(BOOKS).counts for _ in range(2)]

    assert gone == [{"billing.billingprofile": 1}, {}]
    assert not BillingProfile.objects.exists()
    assert Invoice.objects.get().snapshot["buyer"]["email"] == "books@example.com"


def test_owners_take_their_profile_along_and_viewers_do_not(invoice, alice, bob):
    holder = BillingAccountHolder()

    assert [row["name"] for row in holder.export(alice.user)["billing_profile"]] == ["Alice"]
    assert [row["total_cents"] for row in holder.export(alice.user)["invoices"]] == [invoice.total_cents]
    assert set(map(tuple, holder.export(bob.user).values())) == {()}


def test_where_others_stay_only_the_address_of_whoever_leaves_goes(invoice, alice, bob, olga):
    BillingProfile.objects.update(email=alice.user.email)

    for user in (bob.user, olga, alice.user):
        BillingAccountHolder().forget(user)

    assert (BillingProfile.objects.get().name, BillingProfile.objects.get().email) == ("Alice", "")
