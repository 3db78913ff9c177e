"""Credits granted in two steps, and price policies: what posts, what is audited, and what is refused."""

import re

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from billing import selectors as billing
from billing.models import Entry, Journal
from pricing import selectors as pricing
from pricing import services as pricing_services
from pricing.models import PricePolicy, Quote

pytestmark = pytest.mark.django_db

GRANT = "admin:billing_journal_grant_credits"
POLICY = "admin:pricing_pricepolicy_set_policy"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def said(alice):
    return {"organisation": str(alice.organisation_id), "amount_credits": "40", "memo": "Welcome", "key": KEY}


def test_the_form_opens_with_the_organisation_and_a_key_of_its_own(operator, alice):
    opened = reverse("admin:accounts_organisation_grant_credits", args=[alice.organisation_id])

    pages = [operator.get(opened, follow=True).content.decode() for _ in range(2)]

    keys = [re.search(r'name="key" value="([0-9a-f]{32})"', page).group(1) for page in pages]
    assert keys[0] != keys[1]
    assert f'<option value="{alice.organisation_id}" selected>Alice Realty</option>' in pages[0]


def test_the_first_step_says_who_gets_what_and_posts_nothing(operator, alice, grant, said):
    grant(alice, 10)
    journals = Journal.objects.count()

    page = operator.post(reverse(GRANT), said).content.decode()

    for told in (
        "Alice Realty",
        "40 credits",
        "<dt>Has now</dt><dd>10 credits",
        "<dt>Will have</dt><dd>50 credits",
    ):
        assert told in page
    assert f'name="key" value="{KEY}"' in page
    assert Journal.objects.count() == journals


def test_a_confirmed_grant_posts_once_however_often_it_is_sent(operator, alice, said):
    answers = [operator.post(reverse(GRANT), {**said, "step": "confirm"}) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {302}
    journal = Journal.objects.get()
    assert (journal.key, journal.memo) == (f"grant:operator:{KEY}", "Welcome")
    assert sorted(Entry.objects.values_list("amount", flat=True)) == [-40, 40]
    assert billing.balance_credits(alice.organisation_id) == 40
    (entry,) = AuditEntry.objects.filter(action="credits.granted")
    assert (entry.actor.email, entry.details) == (
        "olga@example.com",
        {"organisation": str(alice.organisation_id), "balance": [0, 40]},
    )


@pytest.mark.parametrize("changed", ["amount_credits", "organisation"])
def test_a_key_is_not_spent_on_another_grant(operator, alice, charlie, said, changed):
    operator.post(reverse(GRANT), {**said, "step": "confirm"})
    other = {"amount_credits": "41", "organisation": str(charlie.organisation_id)}[changed]

    answer = operator.post(reverse(GRANT), {**said, changed: other, "step": "confirm"})

    assert answer.status_code == 422
    assert "Other credits were granted under this form already." in answer.content.decode()
    assert Journal.objects.count() == 1
    assert billing.balance_credits(charlie.organisation_id) == 0


def test_what_was_typed_can_be_changed_before_it_is_confirmed(operator, said):
    page = operator.post(reverse(GRANT), {**said, "step": "edit"})

    assert page.status_code == 200
    assert 'name="amount_credits" value="40"' in page.content.decode()
    assert not Journal.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"organisation": ""}, "organisation", "This field is required."),
        ({"organisation": "00000000-0000-0000-0000-000000000000"}, "organisation", "Select a valid choice"),
        ({"amount_credits": "0"}, "amount_credits", "greater than or equal to 1"),
        ({"amount_credits": "-5"}, "amount_credits", "greater than or equal to 1"),
        ({"amount_credits": "2.5"}, "amount_credits", "Enter a whole number."),
        ({"amount_credits": "100001"}, "amount_credits", "less than or equal to 100000"),
        ({"memo": ""}, "memo", "This field is required."),
        ({"memo": "for 512-555-0142"}, "memo", "Leave phone numbers and e-mail addresses out"),
        ({"key": "again"}, "key", "Enter a valid value."),
    ],
)
def test_a_wrong_grant_is_refused_beside_its_field(operator, said, wrong, field, told):
    answer = operator.post(reverse(GRANT), {**said, **wrong, "step": "confirm"})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert not Journal.objects.exists()


NUMBERS = {
    "name": "Spring",
    "floor_credits": "5",
    "ceiling_credits": "60",
    "demand_weight_percent": "10",
    "base_fsbo": "30",
    "base_other": "12",
}


def test_a_new_policy_prices_and_the_old_one_stays_readable(operator, lead, olga):
    PricePolicy.objects.create(name="Winter", base_credits={"fsbo": 22})

    shown = operator.post(reverse(POLICY), NUMBERS).content.decode()
    operator.post(reverse(POLICY), {**NUMBERS, "step": "confirm"})

    assert "For sale by owner starts at</dt><dd>22 → 30" in shown
    assert pricing.policy_in_force().base_credits == {"fsbo": 30, "other": 12}
    assert list(PricePolicy.objects.order_by("pk").values_list("name", "floor_credits")) == [
        ("Winter", 4),
        ("Spring", 5),
    ]
    (entry,) = AuditEntry.objects.filter(action="price_policy.set")
    assert entry.details == {
        "floor_credits": [4, 5],
        "ceiling_credits": [120, 60],
        "base_credits": [{"fsbo": 22}, {"fsbo": 30, "other": 12}],
        "demand_weight_percent": [25, 10],
    }
    pricing_services.quote_lead(lead_id=lead.pk)
    newest = Quote.objects.order_by("-quoted_at").first()
    assert newest.parts[0] == {"part": "kind", "credits": 30, "says": "What leads of this kind start at."}


def test_the_form_starts_from_the_policy_in_force(operator):
    PricePolicy.objects.create(name="Winter", floor_credits=7, base_credits={"expired": 19})

    page = operator.get(reverse(POLICY)).content.decode()

    assert 'name="floor_credits" value="7"' in page
    assert 'name="base_expired" value="19"' in page
    assert 'name="base_other" value="16"' in page


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"floor_credits": "0"}, "floor_credits", "greater than or equal to 1"),
        ({"floor_credits": "61"}, "ceiling_credits", "The highest price is below the lowest."),
        ({"demand_weight_percent": "101"}, "demand_weight_percent", "less than or equal to 100"),
        ({"base_fsbo": "-1"}, "base_fsbo", "greater than or equal to 0"),
        ({"base_other": ""}, "base_other", "This field is required."),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(operator, wrong, field, told):
    answer = operator.post(reverse(POLICY), {**NUMBERS, **wrong, "step": "confirm"})

    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert not PricePolicy.objects.exists()
    assert not AuditEntry.objects.filter(action="price_policy.set").exists()


def test_a_policy_is_never_edited():
    from django.db import IntegrityError, transaction

    policy = PricePolicy.objects.create(name="Winter")

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        PricePolicy.objects.filter(pk=policy.pk).update(floor_credits=1)

    policy.refresh_from_db()
    assert policy.floor_credits == 4
