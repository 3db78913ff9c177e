"""Returns asked for, decided and credited by several at once: one return, one credit, one copy more."""

from functools import partial

import pytest

from billing import selectors as billing
from billing.invariants import broken
from marketplace import services
from marketplace.models import Claim, LeadSlot, Return
from marketplace.return_rules import Reason
from tests.conftest import at_length, make_source, offer_lead
from tests.marketplace.returned import buy
from tests.marketplace.test_races import at_once

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = at_length(short=1, soak=50)


def test_whatever_happens_at_once_a_purchase_is_credited_once(alice, olga):
    source = make_source("open-site", may_list=True)
    for _ in range(ROUNDS):
        purchase = buy(offer_lead(source), alice)
        ask = partial(services.request_return, purchase_id=purchase.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
        asked = [told for told in at_once([ask] * 4) if isinstance(told, Return)]
        assert len(asked) == 1
        decide = partial(services.decide_return, return_id=asked[0].pk, says="So it is.", actor_id=olga.pk)
        settle = [
            partial(decide, is_accepted=True),
            partial(decide, is_accepted=True),
            partial(services.credit_erased, lead_id=purchase.lead_id),
            partial(services.credit_sold_twice, lead_id=purchase.lead_id),
        ]

        at_once(settle)

        assert Return.objects.get(purchase=purchase).state == "accepted"
        assert Claim.objects.get(purchase=purchase).state == "returned"
        assert LeadSlot.objects.filter(replaces=purchase.claim.slot).count() <= 1
    assert billing.balance_credits(alice.organisation_id) == 10 * ROUNDS
    assert broken() == []


def test_returns_of_one_organisation_are_counted_one_by_one(alice, olga):
    """Ten at once: no more than the cap allows go past a person."""
    source = make_source("open-site", may_list=True)
    services.set_return_policy(
        name="Strict", window_days=14, cap_percent=20, cap_purchases=10, cap_days=90, actor_id=olga.pk
    )
    bought = [buy(offer_lead(source), alice) for _ in range(6)]

    at_once(
        [
            partial(services.request_return, purchase_id=purchase.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
            for purchase in bought
        ]
    )

    assert Return.objects.filter(person_because="").count() == 2
    assert Return.objects.count() == 6
