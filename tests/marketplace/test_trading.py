"""Any order of holding, waiting, extending, giving back, buying and time passing ends as the plain model says.

The services run against the real guards of PostgreSQL, whose clock stands still between two steps. What is added to
the market becomes a rule of ``Trading`` here and a method of its model.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import Membership, User
from aiqleads.core.refusals import Refusal
from billing import selectors as billing
from billing.invariants import broken
from leads.models import Lead
from marketplace import selectors, services
from marketplace.grounds import Ground
from marketplace.models import Claim, Listing, StandingOrder, WaitlistEntry
from marketplace.return_rules import Reason
from marketplace.services import Copies
from pricing.models import Quote
from tests.conftest import at_length, give_credits, make_source, offer_lead, open_membership
from tests.marketplace.model import Buyer, Expected, Hold, Market, Offer, Order
from tests.marketplace.ordered import order_on

OPENED_AT = datetime(2026, 6, 1, tzinfo=UTC)
STILL_CLOCK = "".join(
    f"CREATE OR REPLACE FUNCTION {name}() RETURNS timestamptz LANGUAGE sql {kind} PARALLEL SAFE AS "
    f"$$ SELECT timestamptz '{OPENED_AT}' + (SELECT shift FROM test_clock) $$;"
    for name, kind in (("core_now", "STABLE"), ("core_clock", "VOLATILE"))
)
MINUTE = 60
BUYERS = (
    Buyer("starter", 45, 5 * MINUTE, 15 * MINUTE, may_extend=False, live_holds=5),
    Buyer("pro", 100, 10 * MINUTE, 20 * MINUTE, may_extend=True, live_holds=2),
    Buyer("premium", 12, 15 * MINUTE, 30 * MINUTE, may_extend=True, live_holds=20),
    Buyer("other", 100, 5 * MINUTE, 15 * MINUTE, may_extend=False, live_holds=5),
)
EARLY_MINUTES = {"premium": 10, "pro": 5}
OFFERS = (
    Offer("alone", 1, 10),
    Offer("shared", 2, 10),
    Offer("many", 3, 7),
    Offer("early", 2, 10, opens={"premium": 15 * MINUTE, "pro": 20 * MINUTE, "other": 25 * MINUTE}),
)
"""The last one lies in the territory of ``starter`` and opens to the others after it."""
MOMENTS = (1, 30, 119, 120, 121, 240, 299, 300, 600)

buyers = st.sampled_from(range(len(BUYERS)))
offers = st.sampled_from(range(len(OFFERS)))
some = st.integers(min_value=0, max_value=20)


class Floor:
    """The real market: what is written once for every run of the machine."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(STILL_CLOCK)
        *at_once, early = OFFERS
        self.leads = [self._lead(offer) for offer in at_once]
        self.members = [self._member(buyer) for buyer in BUYERS]
        services.own_territory(member=self.members[0], name="South", ground=Ground(zip_codes=("78705",)))
        self.leads.append(self._lead(early, zip_code="78705"))
        self.operator = User.objects.create_user("olga@example.com", is_staff=True)

    def _lead(self, offer: Offer, **facts: str) -> Lead:
        source = make_source("open-site", may_list=True)
        return offer_lead(source, copies=offer.copies, price_credits=offer.price_credits, **facts)

    def _member(self, buyer: Buyer) -> Membership:
        member = open_membership(buyer.name)
        granted = {
            "hold_minutes": buyer.hold_seconds // MINUTE,
            "cart_minutes": buyer.cart_seconds // MINUTE,
            "may_extend": int(buyer.may_extend),
            "live_holds": buyer.live_holds,
            "early_minutes": EARLY_MINUTES.get(buyer.name, 0),
        }
        for key, value in granted.items():
            member.organisation.entitlements.update_or_create(key=key, defaults={"value": value})
        give_credits(member, buyer.credits)
        return member


class Trading(RuleBasedStateMachine):
    """Each step is taken by the services and by the model; what they say and what is then so must be the same."""

    floor: Floor

    @initialize()
    def open(self) -> None:
        self.before = transaction.savepoint()
        self.market = Market(
            [Offer(one.name, one.copies, one.price_credits, opens=one.opens) for one in OFFERS],
            [Buyer(**{**vars(buyer), "cart_ends": 0, "ordered": []}) for buyer in BUYERS],
        )
        self.claims: dict[Hold, Claim] = {}

    def teardown(self) -> None:
        try:
            connection.check_constraints()
            assert broken() == []
        finally:  # or what failed here is still there in the next run, and hides behind what that run finds
            transaction.savepoint_rollback(self.before)

    def lead(self, offer: Offer) -> Lead:
        return self.floor.leads[self.market.offers.index(offer)]

    def member(self, buyer: Buyer) -> Membership:
        return self.floor.members[self.market.buyers.index(buyer)]

    def agree(self, expected: Expected, act: Callable[[], Any]) -> Any:
        """Act, and see that the refusal or its absence is the model's."""
        if expected is None:
            return act()
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.type is expected, refusal.value.detail
        return None

    def advance(self, seconds: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE test_clock SET shift = shift + %s", [timedelta(seconds=seconds)])
        self.market.pass_time(seconds)

    def any_hold(self, number: int) -> Hold | None:
        holds = list(self.market.holds())
        return holds[number % len(holds)] if holds else None

    @rule(seconds=st.sampled_from(MOMENTS))
    def time_passes(self, seconds: int) -> None:
        self.advance(seconds)

    @rule(buyer=buyers, offer=offers, copies=st.sampled_from(Copies))
    def hold(self, buyer: int, offer: int, copies: Copies) -> None:
        self.advance(1)
        who, what = self.market.buyers[buyer], self.market.offers[offer]
        known = len(what.holds)
        expected = self.market.hold(who, what, copies)
        claim = self.agree(
            expected,
            lambda: services.hold_lead(lead_id=self.lead(what).pk, buyer=self.member(who), copies=copies),
        )
        if len(what.holds) > known:
            self.claims[what.holds[-1]] = claim

    @rule(number=some)
    def extend(self, number: int) -> None:
        self.advance(1)
        if hold := self.any_hold(number):
            self.agree(
                self.market.extend(hold),
                lambda: services.extend_claim(claim_id=self.claims[hold].pk, buyer=self.member(hold.buyer)),
            )

    @rule(number=some)
    def release(self, number: int) -> None:
        self.advance(1)
        if hold := self.any_hold(number):
            self.agree(
                self.market.release(hold),
                lambda: services.release_claim(claim_id=self.claims[hold].pk, buyer=self.member(hold.buyer)),
            )

    @rule(buyer=buyers)
    def buy_everything(self, buyer: int) -> None:
        self.advance(1)
        who = self.market.buyers[buyer]
        self.agree(
            self.market.pay(who, self.market.lines(who)),
            lambda: services.check_out(buyer=self.member(who), idempotency_key=str(uuid4())),
        )

    @rule(number=some)
    def buy_one_line(self, number: int) -> None:
        self.advance(1)
        if hold := self.any_hold(number):
            total = hold.price_credits * len(hold.slots)
            self.agree(
                self.market.pay(hold.buyer, [hold]),
                lambda: services.check_out(
                    buyer=self.member(hold.buyer),
                    idempotency_key=str(uuid4()),
                    claim_ids=[self.claims[hold].pk],
                    total_credits=total,
                ),
            )

    @rule(number=some)
    def return_a_purchase(self, number: int) -> None:
        self.advance(1)
        bought = [hold for hold in self.market.holds() if hold.end is None]
        if bought:
            hold = bought[number % len(bought)]
            self.agree(self.market.take_back(hold), lambda: self.accept_return_of(hold))

    def accept_return_of(self, hold: Hold) -> None:
        asked = services.request_return(
            purchase_id=self.claims[hold].purchase.pk, buyer=self.member(hold.buyer), reason=Reason.OUT_OF_AREA
        )
        services.decide_return(
            return_id=asked.pk, is_accepted=True, says="Agreed.", actor_id=self.floor.operator.pk
        )

    @rule(buyer=buyers, offer=offers)
    def wait(self, buyer: int, offer: int) -> None:
        self.advance(1)
        who, what = self.market.buyers[buyer], self.market.offers[offer]
        self.agree(
            self.market.wait(who, what),
            lambda: services.join_waitlist(lead_id=self.lead(what).pk, buyer=self.member(who)),
        )

    @rule(buyer=buyers, offer=offers)
    def leave(self, buyer: int, offer: int) -> None:
        self.advance(1)
        who, what = self.market.buyers[buyer], self.market.offers[offer]
        self.agree(
            self.market.leave(who, what),
            lambda: services.leave_waitlist(lead_id=self.lead(what).pk, buyer=self.member(who)),
        )

    @rule(offer=offers, price_credits=st.integers(min_value=1, max_value=30))
    def reprice(self, offer: int, price_credits: int) -> None:
        self.advance(1)
        what = self.market.offers[offer]
        what.price_at(self.market.now, price_credits)
        quote = Quote.objects.create(lead=self.lead(what), price_credits=price_credits, parts=[], model_version="t")
        Listing.objects.filter(pk=self.lead(what).pk).update(quote=quote, price_credits=price_credits)

    @rule(buyer=buyers, most=st.integers(5, 12), daily_leads=st.integers(1, 3), daily_credits=st.integers(12, 30))
    def order(self, buyer: int, most: int, daily_leads: int, daily_credits: int) -> None:
        self.advance(1)
        who = self.market.buyers[buyer]
        self.close_order_of(who)
        caps = {"most_credits_per_lead": most, "daily_leads": daily_leads, "daily_credits": daily_credits}
        order_on(self.member(who), **caps)
        self.market.order(Order(who, most, daily_leads, daily_credits, self.market.now))

    def close_order_of(self, buyer: Buyer) -> None:
        member = self.member(buyer)
        for order in StandingOrder.objects.filter(membership=member).exclude(state="closed"):
            services.close_order(buyer=member, order_id=order.pk)

    @rule(buyer=buyers)
    def pause_the_order(self, buyer: int) -> None:
        self.advance(1)
        who = self.market.buyers[buyer]
        for order in StandingOrder.objects.filter(membership=self.member(who)).exclude(state="closed"):
            services.pause_order(buyer=self.member(who), order_id=order.pk)
        for known in self.market.orders:
            known.on_since = None if known.buyer is who else known.on_since

    @rule(offer=offers)
    def orders_buy(self, offer: int) -> None:
        self.advance(1)
        what = self.market.offers[offer]
        expected = self.market.orders_buy(what)
        bought = services.buy_for_orders(lead_id=self.lead(what).pk)
        assert [one.membership for one in bought] == [self.member(hold.buyer) for hold in expected]
        self.claims |= {hold: one.claim for hold, one in zip(expected, bought, strict=True)}

    @invariant()
    def orders_are_the_models(self) -> None:
        on = StandingOrder.objects.filter(state="on").values_list("membership", flat=True)
        assert set(on) == {
            self.member(order.buyer).pk for order in self.market.orders if order.on_since is not None
        }

    @invariant()
    def claims_are_the_models(self) -> None:
        kept = {
            (claim.lead_id, claim.slot.number, claim.membership_id, *facts_of(claim))
            for claim in Claim.objects.select_related("slot")
        }
        assert kept == set(self.claims_of_the_model())
        connection.check_constraints()

    def claims_of_the_model(self) -> Iterator[tuple[Any, ...]]:
        for hold in self.market.holds():
            facts = (hold.state, hold.price_credits, moment(hold.start), moment(hold.end), moment(hold.max_until))
            for slot in hold.slots:
                yield (self.lead(hold.lead).pk, slot, self.member(hold.buyer).pk, *facts)

    @invariant()
    def queues_are_the_models(self) -> None:
        queues = selectors.queues([lead.pk for lead in self.floor.leads])
        for offer in self.market.offers:
            queue = queues.get(self.lead(offer).pk, selectors.NOBODY_WAITS)
            assert queue.organisation_ids == tuple(self.member(buyer).organisation_id for buyer in offer.queue)
            turn = offer.turn if offer.free_slots(self.market.now) else None
            assert queue.turn_ends_at == (moment(turn[1]) if turn else None)
            assert queue.turn_of == (self.member(turn[0]).organisation_id if turn else None)

    @invariant()
    def wallets_and_copies_are_the_models(self) -> None:
        for buyer in self.market.buyers:
            assert billing.balance_credits(self.member(buyer).organisation_id) == buyer.credits
        left = dict(Listing.objects.values_list("lead", "copies_left"))
        assert left == {self.lead(offer).pk: offer.copies_left() for offer in self.market.offers}


def facts_of(claim: Claim) -> tuple[Any, ...]:
    return claim.state, claim.price_credits, claim.during.lower, claim.during.upper, claim.max_until


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else OPENED_AT + timedelta(seconds=seconds)


@pytest.mark.soak
@pytest.mark.no_cover
@pytest.mark.django_db
def test_any_order_of_trading_ends_as_the_model_says():
    Trading.floor = Floor()

    run_state_machine_as_test(
        Trading,
        settings=hypothesis.settings(
            max_examples=at_length(short=4, soak=400),
            stateful_step_count=at_length(short=20, soak=50),
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
    assert not WaitlistEntry.objects.exists(), "each run is rolled back"
