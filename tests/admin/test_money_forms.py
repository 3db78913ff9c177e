"""Price policies: what is priced, what is audited, and what is refused."""

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from pricing import selectors as pricing
from pricing import services as pricing_services
from pricing.models import PricePolicy, Quote

pytestmark = pytest.mark.django_db

POLICY = "admin:pricing_pricepolicy_set_policy"


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
