"""Nothing is bought where its buyer is not licensed, by whichever door; holding and looking stay free."""

from uuid import uuid4

import pytest

from accounts import services as accounts
from accounts.errors import LicenceMissing
from accounts.models import Licence
from billing import selectors as billing
from marketplace import services
from marketplace.models import Claim, Notification, Purchase
from marketplace.services import Copies
from tests.conftest import licensed
from tests.marketplace.colleagues import join
from tests.marketplace.guards import take_away
from tests.marketplace.ordered import order_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(make_lead, alice, grant):
    """A home in Ohio, where Alice is not licensed."""
    grant(alice, 100)
    return make_lead(state_code="OH", city="Dayton")


def test_a_home_elsewhere_is_held_and_not_bought_until_its_licence_is_there(home, alice):
    claim = services.hold_lead(lead_id=home.pk, buyer=alice)

    with pytest.raises(LicenceMissing) as refused:
        services.check_out(buyer=alice, idempotency_key="k")

    assert refused.value.facts["state_code"] == "OH"
    assert refused.value.facts["add_at"] == "/account/licences/"
    assert "homes in Ohio" in refused.value.detail
    claim.refresh_from_db()
    assert (claim.state, Purchase.objects.count()) == (Claim.State.HELD, 0)
    assert billing.balance_credits(alice.organisation_id) == 100

    licensed(alice.user, "OH")

    [bought] = services.check_out(buyer=alice, idempotency_key="k")
    assert bought.lead == home


def test_a_cart_of_two_states_says_which_line_waits_and_what_could_be_bought(home, make_lead, alice):
    there = services.hold_lead(lead_id=home.pk, buyer=alice)
    here = services.hold_lead(lead_id=make_lead().pk, buyer=alice)

    with pytest.raises(LicenceMissing) as refused:
        services.check_out(buyer=alice, idempotency_key="k")

    assert [line["item"] for line in refused.value.facts["lost"]] == [str(there.pk)]
    assert refused.value.facts["left"] == {"items": [str(here.pk)], "total_credits": 10}
    [bought] = services.check_out(buyer=alice, idempotency_key="l", claim_ids=[here.pk], total_credits=10)
    assert bought.claim_id == here.pk


def test_a_buy_out_obeys_too(make_lead, alice, grant):
    grant(alice, 100)
    home = make_lead(state_code="OH", copies=3)
    services.hold_lead(lead_id=home.pk, buyer=alice, copies=Copies.ALL)

    with pytest.raises(LicenceMissing):
        services.check_out(buyer=alice, idempotency_key="k")

    assert Claim.objects.filter(state="held").count() == 3
    assert billing.balance_credits(alice.organisation_id) == 100


def test_the_licence_of_the_member_who_buys_counts_and_no_colleagues(home, alice, charlie):
    licensed(join(alice, "dora").user, "OH")
    services.hold_lead(lead_id=home.pk, buyer=alice)

    with pytest.raises(LicenceMissing):
        services.check_out(buyer=alice, idempotency_key="k")

    assert Purchase.objects.count() == 0


@pytest.mark.parametrize("state", ["waiting", "refused", "expired"])
def test_only_a_verified_one_counts(state, home, alice, olga, clock):
    licence = Licence.objects.create(user=alice.user, state_code="OH", number="1", expires_on="2099-12-31")
    if state == "refused":
        accounts.refuse_licence(licence_id=licence.pk, reason="No.", actor_id=olga.pk)
    if state == "expired":
        accounts.verify_licence(licence_id=licence.pk, actor_id=olga.pk)
        Licence.objects.filter(pk=licence.pk).update(state="expired")
    services.hold_lead(lead_id=home.pk, buyer=alice)

    with pytest.raises(LicenceMissing):
        services.check_out(buyer=alice, idempotency_key="k")

    assert Purchase.objects.count() == 0


def test_a_standing_order_passes_by_what_its_member_may_not_buy_and_says_so_once(home, make_lead, alice):
    order_on(alice, "kind=fsbo")
    other = make_lead()
    more = [make_lead(state_code="OH"), make_lead(state_code="OH")]  # what orders leave to people is another rule

    bought = [*services.buy_for_orders(lead_id=home.pk), *services.buy_for_orders(lead_id=more[0].pk)]
    here = services.buy_for_orders(lead_id=other.pk)

    assert bought == []
    assert [purchase.lead for purchase in here] == [other]
    told = Notification.objects.get(kind=Notification.Kind.LICENCE)
    assert told.says.endswith("buys nothing in Ohio until your licence there is verified")
    assert told.path == "/account/licences/"


def test_without_the_guard_a_home_elsewhere_would_be_sold(home, alice):
    services.hold_lead(lead_id=home.pk, buyer=alice)
    take_away("purchase_within_licence")

    assert len(services.check_out(buyer=alice, idempotency_key="k")) == 1


def test_the_cart_leads_to_the_form_for_the_state_that_is_missing(home, alice, stepped_up):
    claim = services.hold_lead(lead_id=home.pk, buyer=alice)
    told = {"idempotency_key": str(uuid4()), "lines": str(claim.pk), "total_credits": "10"}

    answer = stepped_up(alice).post("/cart/checkout/", told)

    assert answer.status_code == 422
    assert 'href="/account/licences/?state=OH"' in answer.content.decode()
    form = stepped_up(alice).get("/account/licences/?state=OH").content.decode()
    assert '<option value="OH" selected>Ohio</option>' in form
    assert Purchase.objects.count() == 0
