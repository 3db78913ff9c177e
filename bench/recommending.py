"""Recommendations to simulated agents, beside what is looked at most and beside chance.

Each agent has a hidden taste: one or two cities, two kinds of lead, a price, three features. They look at, watch
and buy offers the more often the better these suit them; what of the offers that are left would suit them best is
what they want next. A recommender is told none of that, only what they did.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.models import Membership
from bench import cast
from bench.measuring import Figure
from leads.reading.catalogue import FEATURES
from marketplace import selectors, services
from marketplace.models import Listing

SHOWN: Final = 12
WANTED: Final = 20
AGENTS: Final = 40
LOOKED_AT: Final = 8
WATCHED: Final = 2
BOUGHT: Final = 3
EAGERNESS: Final = 6.0
"""How much more often an offer is chosen that suits: e to the power of it for one that suits in everything."""
SEED: Final = 7
LEAST_OF_RANDOM: Final = 3.0
WHO: Final = ("ours", "popularity", "random")
MEASURES: Final = ("hit rate", "precision", "coverage", "exposure balance")
FIGURES: Final = tuple(f"recommended: {measure}, {who}" for measure in MEASURES for who in WHO)

Shown = Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A member with a hidden taste. ``asking`` is the middle of the prices that suit, in US cents."""

    member: Membership
    cities: frozenset[tuple[str, str]]
    kinds: frozenset[str]
    asking: float
    features: frozenset[str]

    def suits(self, offer: Listing) -> float:
        """How well an offer suits, from 0 to 1."""
        dear = abs(math.log(max(1, offer.asking_price_cents or 1) / self.asking))
        has = len(self.features & set(offer.features)) / len(self.features)
        is_there = (offer.city, offer.state_code) in self.cities
        return 0.4 * is_there + 0.15 * (offer.kind in self.kinds) + 0.3 * has + 0.15 * math.exp(-2 * dear)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How well one recommender did: see the fields of :data:`MEASURES`.

    ``hit_rate``: the share of agents who were shown anything that they want next. ``precision``: how much of what
    was shown is. ``coverage``: how many of the offers were shown to anybody. ``exposure_balance``: how many offers
    would have been shown if all were equally often, of those that could have been.
    """

    hit_rate: float
    precision: float
    coverage: float
    exposure_balance: float


def figures(agents: int = AGENTS) -> Iterator[Figure]:
    """Each measure of each recommender."""
    outcomes = evaluate(agents)
    for measure in MEASURES:
        for who in WHO:
            value, other = (getattr(outcomes[one], measure.replace(" ", "_")) for one in (who, "random"))
            least = LEAST_OF_RANDOM * other if (who, measure) == ("ours", "precision") else None
            name = f"recommended: {measure}, {who}"
            yield Figure(name=name, value=value, unit="", beside="random", other=other, at_least=least)


def evaluate(agents: int, *, bought: int = BOUGHT) -> dict[str, Outcome]:
    """Let so many agents leave their traces among the offers there are, and judge what each is shown."""
    chance = random.Random(SEED)  # noqa: S311  (plausible, not secret)
    offers = list(Listing.objects.offered().order_by("pk"))
    cast_of_agents = [_agent(chance, offers) for _ in range(agents)]
    touched = [_live(agent, offers, chance, bought=bought) for agent in cast_of_agents]
    left = list(Listing.objects.offered().order_by("pk"))
    popular = Counter(pk for leads in touched for pk in leads)
    by_popularity = sorted((offer.pk for offer in left), key=lambda pk: (-popular[pk], pk))
    keys = [offer.pk for offer in left]
    recommenders: Mapping[str, Callable[[Agent], Shown]] = {
        "ours": lambda agent: [one.listing.pk for one in selectors.recommendations(agent.member, limit=SHOWN)],
        "popularity": lambda _: by_popularity[:SHOWN],
        "random": lambda _: chance.sample(keys, min(SHOWN, len(keys))),
    }
    wanted = [_wanted(agent, left, seen) for agent, seen in zip(cast_of_agents, touched, strict=True)]
    return {
        who: _outcome([show(agent) for agent in cast_of_agents], wanted, offers=len(left))
        for who, show in recommenders.items()
    }


def _agent(chance: random.Random, offers: Sequence[Listing]) -> Agent:
    somewhere = chance.sample(offers, 2)
    kinds = sorted({offer.kind for offer in offers})
    return Agent(
        member=cast.buyer(f"agent-{chance.getrandbits(32):08x}"),
        cities=frozenset((offer.city, offer.state_code) for offer in somewhere[: chance.randint(1, 2)]),
        kinds=frozenset(chance.sample(kinds, min(2, len(kinds)))),
        asking=float(chance.choice([offer.asking_price_cents for offer in offers if offer.asking_price_cents])),
        features=frozenset(chance.sample([entry.says for entry in FEATURES.values()], 3)),
    )


def _live(agent: Agent, offers: Sequence[Listing], chance: random.Random, *, bought: int) -> list[UUID]:
    """What an agent did, for all to see who may; the leads that they did it with."""
    weights = [math.exp(EAGERNESS * agent.suits(offer)) for offer in offers]
    chosen = [offer.pk for offer in chance.choices(offers, weights, k=LOOKED_AT + WATCHED + bought)]
    there = set(Listing.objects.offered().filter(pk__in=chosen).values_list("pk", flat=True))
    told = [pk for pk in dict.fromkeys(chosen) if pk in there]
    for pk in told:
        services.note_view(lead_id=pk, member=agent.member)
    for pk in told[:WATCHED]:
        services.watch_lead(lead_id=pk, member=agent.member)
    for pk in told[WATCHED : WATCHED + bought]:
        services.hold_lead(lead_id=pk, buyer=agent.member)
    if bought:
        services.check_out(buyer=agent.member, idempotency_key=str(agent.member.pk))
    return told


def _wanted(agent: Agent, left: Sequence[Listing], seen: Sequence[UUID]) -> set[UUID]:
    """What would suit an agent best of what they did not see yet."""
    new = (offer for offer in left if offer.pk not in seen)
    best = sorted(new, key=lambda offer: (-agent.suits(offer), offer.pk))
    return {offer.pk for offer in best[:WANTED]}


def _outcome(shown: Sequence[Shown], wanted: Sequence[set[UUID]], *, offers: int) -> Outcome:
    hits = [len(set(leads) & wants) for leads, wants in zip(shown, wanted, strict=True)]
    times = Counter(pk for leads in shown for pk in leads)
    slots = times.total()
    entropy = -math.fsum(count / slots * math.log(count / slots) for count in times.values())
    return Outcome(
        hit_rate=sum(hit > 0 for hit in hits) / len(hits),
        precision=sum(hits) / slots,
        coverage=len(times) / offers,
        exposure_balance=math.exp(entropy) / min(slots, offers),
    )
