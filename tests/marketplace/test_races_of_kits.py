"""A kit is written, looked at, closed and put off by several at once: one kit, and no text where none may be."""

from functools import partial

import pytest

from aiqleads.core import events
from marketplace import selectors, services
from marketplace.models import Engagement, EngagementText, FollowUp
from marketplace.return_rules import Reason
from tests.conftest import at_length, make_source, offer_lead
from tests.marketplace.returned import buy
from tests.marketplace.test_engagement import reach
from tests.marketplace.test_races import at_once

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = at_length(short=1, soak=30)


def test_whoever_looks_at_once_finds_one_kit(alice):
    source = make_source("open-site", may_list=True)
    for _ in range(ROUNDS):
        lead = offer_lead(source)
        reach(lead, "call", "text", "email")
        bought = selectors.access_purchase(viewer=alice, purchase_id=buy(lead, alice).pk)

        found = at_once([partial(services.kit_of, bought, alice)] * 4)

        assert {kit.engagement.version for kit in found} == {1}
        assert EngagementText.objects.filter(engagement=bought.pk).count() == 4
        events.deliver_all()
        assert Engagement.objects.get(pk=bought.pk).version == 1


def test_a_return_beside_whoever_writes_and_works_leaves_neither_text_nor_step(alice, olga):
    source = make_source("open-site", may_list=True)
    for _ in range(ROUNDS):
        lead = offer_lead(source)
        reach(lead, "call", "text", "email")
        bought = buy(lead, alice)
        asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.OUT_OF_AREA)
        services.write_engagement(purchase_id=bought.pk)
        step = FollowUp.objects.filter(engagement=bought.pk).earliest("due_at")
        snooze = partial(services.change_step, step_id=step.pk, member=alice, action=services.Action.SNOOZE)
        decide = partial(
            services.decide_return, return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk
        )

        at_once([snooze, decide, partial(services.write_engagement, purchase_id=bought.pk), snooze])

        assert not EngagementText.objects.filter(engagement=bought.pk).exists()
        assert not FollowUp.objects.filter(engagement=bought.pk, state=FollowUp.State.OPEN).exists()
