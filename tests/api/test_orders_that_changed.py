"""The API of an order that changed between two tries whose first answer was lost: 409, and another key goes on."""

import pytest

from billing.models import SandboxObject
from marketplace import services as market
from tests.api.problems import assert_problem
from tests.billing.conftest import line  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("credits/checkout/", {"pack": "credits-100", "provider": "sandbox"}),
        ("cart/top-up/", {"pack": "credits-50", "provider": "sandbox", "total_credits": 10}),
        ("credits/methods/", {"provider": "sandbox"}),
        ("subscription/", {"plan": "premium", "provider": "sandbox"}),
    ],
)
def test_it_is_a_conflict_and_another_key_goes_on(address, body, alice, lead, request):
    alice_api = request.getfixturevalue("alice_api")
    the_line = request.getfixturevalue("line")
    market.hold_lead(lead_id=lead.pk, buyer=alice)

    def ask(key):
        return alice_api.post(f"/api/v1/{address}", body, format="json", HTTP_IDEMPOTENCY_KEY=key)

    the_line.dies = {"start_checkout after", "start_setup after", "start_subscription after"}
    assert_problem(ask("first"), 503, "provider_away")
    the_line.dies = set()
    alice.organisation.name = "Alice and Daughters"
    alice.organisation.save(update_fields=["name"])

    told = assert_problem(ask("first"), 409, "order_changed")

    assert "Nothing was" in told["detail"]
    assert SandboxObject.objects.filter(kind="checkout").count() == 1
    assert ask("second").status_code == 201
    assert SandboxObject.objects.filter(kind="checkout").count() == 2
