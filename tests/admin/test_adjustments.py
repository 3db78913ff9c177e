"""Credits given and taken by two operators, in the back office; invoices and tax rates beside them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing import selectors
from billing.models import Adjustment, Journal, TaxRate
from tests.billing.money import paid
from tests.billing.test_invoicing import issued
from tests.conftest import log_in

pytestmark = pytest.mark.django_db

ASK = "admin:billing_adjustment_ask"
KEY = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def said(alice):
    return {
        "organisation": str(alice.organisation_id),
        "kind": "goodwill",
        "amount_credits": "40",
        "reason": "Welcome",
        "key": KEY,
    }


@pytest.fixture
def other(olga) -> Client:
    """Another operator's browser."""
    oscar = User.objects.create_user("oscar@example.com", "correct horse battery", is_staff=True)
    oscar.groups.set(olga.groups.all())
    oscar.is_superuser = olga.is_superuser
    oscar.save()
    return log_in(Client(), oscar)


def door(asked: Adjustment, name: str) -> str:
    return reverse(f"admin:billing_adjustment_{name}", args=[asked.pk])


def test_the_form_opens_with_the_organisation_and_a_key_of_its_own(operator, alice):
    opened = reverse("admin:accounts_organisation_adjust_credits", args=[alice.organisation_id])

    pages = [operator.get(opened, follow=True).content.decode() for _ in range(2)]

    keys = [re.search(r'name="key" value="([0-9a-f-]{36})"', page).group(1) for page in pages]
    assert keys[0] != keys[1]
    assert f'<option value="{alice.organisation_id}" selected>Alice Realty</option>' in pages[0]


def test_one_operator_asks_and_another_posts_it_once(operator, other, alice, grant, said):
    grant(alice, 10)
    shown = operator.post(reverse(ASK), said).text
    for _ in range(2):
        operator.post(reverse(ASK), {**said, "step": "confirm"})
    [asked] = Adjustment.objects.all()

    own = operator.post(door(asked, "confirm"), {"step": "confirm"})
    assert (own.status_code, "You asked for this yourself" in own.text) == (422, True)
    assert selectors.balance_credits(alice.organisation_id) == 10
    answers = [other.post(door(asked, "confirm"), {"step": "confirm"}).status_code for _ in range(2)]

    for told in ("40 credits", "<dt>Has now</dt><dd>10 credits", "<dt>Will have</dt><dd>50 credits"):
        assert told in shown
    assert answers == [302, 422]
    assert selectors.balance_credits(alice.organisation_id) == 50
    assert Journal.objects.get(key=f"grant:adjustment:{asked.pk}").memo == "Welcome"


def test_what_waits_is_counted_and_can_be_refused(operator, other, alice, said):
    operator.post(reverse(ASK), {**said, "step": "confirm"})
    asked = Adjustment.objects.get()
    assert "Confirm" in other.get(reverse("admin:billing_adjustment_change", args=[asked.pk])).text

    other.post(door(asked, "refuse"), {"why": "Too much", "step": "confirm"})

    asked.refresh_from_db()
    assert (asked.state, asked.why, selectors.balance_credits(alice.organisation_id)) == ("refused", "Too much", 0)
    assert not selectors.waiting_adjustments().exists()


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"organisation": ""}, "organisation", "This field is required."),
        ({"amount_credits": "0"}, "amount_credits", "Nothing is no adjustment."),
        ({"amount_credits": "-5"}, "amount_credits", "Goodwill gives"),
        ({"amount_credits": "2.5"}, "amount_credits", "Enter a whole number."),
        ({"amount_credits": "5001"}, "amount_credits", "less than or equal to 5000"),
        ({"reason": ""}, "reason", "This field is required."),
        ({"reason": "for 512-555-0142"}, "reason", "Leave phone numbers and e-mail addresses out"),
        ({"key": "again"}, "key", "Enter a valid UUID."),
    ],
)
def test_a_wrong_question_is_refused_beside_its_field(operator, said, wrong, field, told):
    answer = operator.post(reverse(ASK), {**said, **wrong, "step": "confirm"})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert not Adjustment.objects.exists()


def test_no_more_is_taken_than_is_there_and_the_form_says_so(operator, other, alice, grant, said):
    grant(alice, 3)
    operator.post(reverse(ASK), {**said, "kind": "correction", "amount_credits": "-4", "step": "confirm"})

    answer = other.post(door(Adjustment.objects.get(), "confirm"), {"step": "confirm"})

    assert (answer.status_code, "3 are there" in answer.text) == (422, True)
    assert selectors.balance_credits(alice.organisation_id) == 3


def test_operators_find_an_invoice_by_its_number_and_take_its_page(operator, alice):
    invoice = issued(paid(alice))
    screen = reverse("admin:billing_invoice_changelist")

    assert "49.00 USD" in operator.get(screen, {"q": invoice.number}).text
    assert "49.00 USD" not in operator.get(screen, {"q": "2001-000001"}).text
    page = operator.get(reverse("admin:billing_invoice_page", args=[invoice.pk]))
    assert page.content[:5] == b"%PDF-"


def test_rates_are_taken_in_and_ended_by_operators(operator):
    heading = "country,region,percent,label,valid_from,valid_until\n"
    taking = reverse("admin:billing_taxrate_take_in")

    wrong = operator.post(taking, {"table": heading + "US,TX,8.2555,Tax,2026-01-01,"})
    assert (wrong.status_code, "three decimals" in wrong.text) == (422, True)
    operator.post(taking, {"table": heading + "US,TX,8.25,Tax,2026-01-01,"})
    rate = TaxRate.objects.get()
    operator.post(reverse("admin:billing_taxrate_end", args=[rate.pk]), {"on": "2026-12-01"})

    rate.refresh_from_db()
    assert (rate.millipercent, rate.valid_until.isoformat()) == (8_250, "2026-12-01")
