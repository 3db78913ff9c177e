"""What holding, waiting and buying should do, in plain Python: the other opinion beside the database's.

It keeps queues and windows as state and moves them second by second, where the database derives them from the
ranges of claims; they agree only if both are right. Each action answers with the refusal it expects, or None.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from aiqleads.core.refusals import Refusal
from billing.errors import InsufficientCredits
from marketplace import errors
from marketplace.services import Copies

WINDOW_SECONDS = 120
PAUSE_SECONDS = 600
DAY_SECONDS = 86_400

Expected = type[Refusal] | None


@dataclass(eq=False)
class Buyer:
    """An organisation with one member, and what its plan grants."""

    name: str
    credits: int
    hold_seconds: int
    cart_seconds: int
    may_extend: bool
    live_holds: int
    cart_ends: int = 0
    ordered: list[int] = field(default_factory=list)
    """When standing orders bought for them."""


@dataclass(eq=False)
class Order:
    """A buyer's standing order for everything, and since when it is on; ``on_since`` is None while it is not."""

    buyer: Buyer
    most_credits: int
    daily_leads: int
    daily_credits: int
    on_since: int | None
    bought: list[tuple[int, int]] = field(default_factory=list)

    def has_room(self, price_credits: int, today: int) -> bool:
        prices = [price for moment, price in self.bought if moment >= today]
        return len(prices) < self.daily_leads and sum(prices) + price_credits <= self.daily_credits


@dataclass(eq=False)
class Hold:
    """A line of a cart: one copy or a bundle. ``end`` is None once it is sold."""

    buyer: Buyer
    lead: "Offer"
    slots: list[int]
    price_credits: int
    start: int
    end: int | None
    max_until: int
    state: str = "held"

    def is_live(self, now: int) -> bool:
        return self.state == "held" and self.end is not None and now < self.end

    def takes(self, now: int) -> bool:
        return self.end is None or now < self.end


@dataclass(eq=False)
class Offer:
    """A lead on offer: who holds and bought its copies, who waits, and whose window runs until when."""

    name: str
    copies: int
    price_credits: int
    holds: list[Hold] = field(default_factory=list)
    queue: list[Buyer] = field(default_factory=list)
    served: set[Buyer] = field(default_factory=set)
    turn: tuple[Buyer, int] | None = None
    sold_again: int = 0
    opens: dict[str, int] = field(default_factory=dict)
    prices: list[tuple[int, int]] = field(default_factory=list)
    is_ordered: bool = False

    def opens_to(self, buyer: Buyer) -> int:
        """When the windows of those before them are over."""
        return self.opens.get(buyer.name, 0)

    def price_at(self, now: int, price_credits: int) -> None:
        self.prices.append((now, self.price_credits))
        self.price_credits = price_credits

    def fell_at(self) -> int | None:
        """When the price it has now was asked, if it was higher before."""
        moment, before = self.prices[-1] if self.prices else (0, 0)
        return moment if before > self.price_credits else None

    def free_slots(self, now: int) -> list[int]:
        taken = {slot for hold in self.holds if hold.takes(now) for slot in hold.slots}
        return [slot for slot in range(1, self.copies + self.sold_again + 1) if slot not in taken]

    def live(self, now: int) -> list[Hold]:
        return [hold for hold in self.holds if hold.is_live(now)]

    def of(self, buyer: Buyer) -> list[Hold]:
        return [hold for hold in self.holds if hold.buyer is buyer]

    def copies_left(self) -> int:
        delivered = sum(len(hold.slots) for hold in self.holds if hold.end is None)
        return self.copies + self.sold_again - delivered

    def become_free(self, now: int) -> None:
        self.served.clear()
        self.hand_on(now)

    def hand_on(self, now: int) -> None:
        """Begin the window of the first in the queue who had none since the lead became free."""
        waiting = next((buyer for buyer in self.queue if buyer not in self.served), None)
        self.turn = (waiting, now + WINDOW_SECONDS) if waiting else None
        if waiting:
            self.served.add(waiting)

    def tick(self, now: int) -> None:
        """What ends in the second that brings ``now``."""
        if self.turn and self.turn[1] == now:
            self.queue.remove(self.turn[0])
            self.queue.append(self.turn[0])
            self.hand_on(now)
        elif not self.free_slots(now - 1) and self.free_slots(now):
            self.become_free(now)

    def drop(self, buyer: Buyer, now: int) -> None:
        """Take ``buyer`` off the queue; a window of theirs passes on while a copy is free."""
        if buyer in self.queue:
            self.queue.remove(buyer)
        if self.turn and self.turn[0] is buyer:
            self.turn = None
            if self.free_slots(now):
                self.hand_on(now)


class Market:
    """Offers, buyers and the time, in seconds since it opened."""

    def __init__(self, offers: list[Offer], buyers: list[Buyer]) -> None:
        self.offers, self.buyers, self.now = offers, buyers, 0
        self.orders: list[Order] = []

    def holds(self) -> Iterator[Hold]:
        return (hold for offer in self.offers for hold in offer.holds)

    def lines(self, buyer: Buyer) -> list[Hold]:
        """What runs in the buyer's cart."""
        return [hold for hold in self.holds() if hold.buyer is buyer and hold.is_live(self.now)]

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            for offer in self.offers:
                offer.tick(self.now)

    def hold(self, buyer: Buyer, lead: Offer, copies: Copies) -> Expected:
        running = [hold for hold in lead.of(buyer) if hold.is_live(self.now)]
        if running:
            is_part = copies == Copies.ALL and len(running[0].slots) < lead.copies_left()
            return errors.HoldsOneCopy if is_part else None
        free = lead.free_slots(self.now)
        slots = free if copies == Copies.ALL else free[:1]
        refusal = self._refusal(buyer, lead, slots, copies)
        if refusal is None:
            self._start(buyer, lead, slots)
        return refusal

    def _refusal(self, buyer: Buyer, lead: Offer, slots: list[int], copies: Copies) -> Expected:
        if not slots or (copies == Copies.ALL and lead.live(self.now)):
            return errors.LeadUnavailable
        if len(self.lines(buyer)) >= buyer.live_holds:
            return errors.HoldQuotaReached
        if self._pauses(buyer, lead):
            return errors.HoldPaused
        if self.now < lead.opens_to(buyer):
            return errors.NotOpenYet
        has_it = any(hold.end is None for hold in lead.of(buyer))
        return errors.LeadUnavailable if has_it or (lead.turn and lead.turn[0] is not buyer) else None

    def _pauses(self, buyer: Buyer, lead: Offer) -> bool:
        ends = [hold.end for hold in lead.of(buyer) if hold.end is not None]
        return any(end <= self.now < end + PAUSE_SECONDS for end in ends)

    def _start(self, buyer: Buyer, lead: Offer, slots: list[int]) -> None:
        if buyer.cart_ends <= self.now:
            buyer.cart_ends = self.now + buyer.cart_seconds
        end = min(self.now + buyer.hold_seconds, buyer.cart_ends)
        max_until = buyer.cart_ends if buyer.may_extend else end
        lead.holds.append(Hold(buyer, lead, slots, lead.price_credits, self.now, end, max_until))
        lead.drop(buyer, self.now)

    def extend(self, hold: Hold) -> Expected:
        if not hold.is_live(self.now) or hold.end is None:
            return errors.HoldExpired
        until = min(self.now + hold.buyer.hold_seconds, hold.max_until)
        if until <= hold.end:
            return errors.ExtensionRefused
        hold.end = until
        return None

    def release(self, hold: Hold) -> Expected:
        if not hold.is_live(self.now):
            return errors.HoldExpired
        was_full = not hold.lead.free_slots(self.now)
        hold.state, hold.end = "released", self.now
        if was_full:
            hold.lead.become_free(self.now)
        return None

    def pay(self, buyer: Buyer, lines: list[Hold]) -> Expected:
        if not all(hold.is_live(self.now) for hold in lines):
            return errors.HoldExpired
        if not lines:
            return errors.CartEmpty
        total = sum(hold.price_credits * len(hold.slots) for hold in lines)
        if total > buyer.credits:
            return InsufficientCredits
        buyer.credits -= total
        for hold in lines:
            hold.state, hold.end = "sold", None
            if not hold.lead.copies_left():
                hold.lead.queue.clear()
        return None

    def take_back(self, hold: Hold) -> Expected:
        """An accepted return for a reason that lets the copies be sold again, as new ones."""
        if hold.state == "returned":
            return errors.ReturnedBefore
        was_full = not hold.lead.free_slots(self.now)
        hold.state = "returned"
        hold.buyer.credits += hold.price_credits * len(hold.slots)
        hold.lead.sold_again += len(hold.slots)
        if was_full:
            hold.lead.become_free(self.now)
        return None

    def wait(self, buyer: Buyer, lead: Offer) -> Expected:
        if buyer in lead.queue:
            return None
        if any(hold.takes(self.now) for hold in lead.of(buyer)) or not lead.copies_left():
            return errors.LeadUnavailable
        if self._pauses(buyer, lead):
            return errors.HoldPaused
        if lead.free_slots(self.now) and not lead.turn:
            return errors.LeadIsFree
        if self.now < lead.opens_to(buyer):
            return errors.NotOpenYet
        lead.queue.append(buyer)
        return None

    def leave(self, buyer: Buyer, lead: Offer) -> Expected:
        lead.drop(buyer, self.now)
        return None

    def order(self, order: Order) -> None:
        """Let a buyer have this standing order and no other."""
        self.orders = [one for one in self.orders if one.buyer is not order.buyer] + [order]

    def orders_buy(self, lead: Offer) -> list[Hold]:
        """Sell a lead to the orders that want it: who bought least today first, then who agreed first."""
        bought: list[Hold] = []
        today = self.now - self.now % DAY_SECONDS
        wanting = [order for order in self.orders if self._wants(order, lead, today)]
        while wanting and lead.free_slots(self.now):
            wanting.sort(key=lambda order: (sum(at >= today for at in order.buyer.ordered), order.on_since))
            order = wanting.pop(0)
            if (lead.turn and lead.turn[0] is not order.buyer) or not order.has_room(lead.price_credits, today):
                continue
            if not lead.is_ordered and 2 * (sum(one.is_ordered for one in self.offers) + 1) > len(self.offers):
                break
            if order.buyer.credits < lead.price_credits:
                order.on_since = None
                continue
            bought.append(self._buy_by(order, lead))
        return bought

    def _wants(self, order: Order, lead: Offer, today: int) -> bool:
        opened = lead.opens_to(order.buyer)
        if order.on_since is None or opened > self.now or lead.of(order.buyer):
            return False
        came_up = max(opened, lead.fell_at() or 0)
        is_new = came_up >= max(order.on_since, self.now - DAY_SECONDS)
        return is_new and lead.price_credits <= order.most_credits and order.has_room(0, today)

    def _buy_by(self, order: Order, lead: Offer) -> Hold:
        buyer, price = order.buyer, lead.price_credits
        last = self.now + buyer.hold_seconds
        hold = Hold(buyer, lead, lead.free_slots(self.now)[:1], price, self.now, None, last, state="sold")
        lead.holds.append(hold)
        lead.drop(buyer, self.now)
        lead.is_ordered = True
        buyer.credits -= price
        buyer.ordered.append(self.now)
        order.bought.append((self.now, price))
        if not lead.copies_left():
            lead.queue.clear()
        return hold
