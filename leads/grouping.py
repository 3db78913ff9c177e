"""Which home an arriving record is, and what its arrival says about the homes nearby.

Sightings that are the same home are linked, and what is linked is one lead, whatever came first. Links that lead to
two homes which contradict each other prove nothing (an advert without a unit resembles two units of its landlord):
then only sightings that name the same door stay together, the others stand alone in doubt, whatever came first too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final, Protocol
from uuid import UUID

from leads import identity, merging
from leads.arrivals import Arrival
from leads.identity import Comparison, Outcome, Sighting, contradicts
from leads.models import Lead, Observation
from leads.neighbourhood import Advert, Home, Neighbourhood
from leads.sightings import is_sighting

MOST_DOUBTS: Final = 3
"""An arrival is put beside so many of the homes that it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two leads that may be one home. ``is_tied`` where both are as like as one, but a third speaks against it."""

    lead_ids: frozenset[UUID]
    comparison: Comparison
    is_tied: bool = False


class Desk(Protocol):
    """Where records are taken in: opens leads, and writes what is pending before rows are moved."""

    now: datetime

    def open_lead(self, kind: str, *, follows: Lead | None = None) -> Lead: ...
    def touch(self, lead: Lead) -> None: ...
    def write(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Node:
    """One advert's word in a knot of links; ``home`` is None for the arrival's."""

    home: Home | None
    advert: Advert
    sighting: Sighting


class Grouping:
    """Chooses homes for arrivals, one after another, and keeps the doubts that come up."""

    def __init__(self, nearby: Neighbourhood, desk: Desk) -> None:
        self.nearby, self.desk = nearby, desk
        self.doubts: list[Doubt] = []

    def home_of(self, arrival: Arrival, advert: Advert, before: Observation | None) -> Home:
        """The home that an arrival is: the advert's own, a known one, or a new one; several prove to be one."""
        own = self._own_home(arrival, advert, before)
        near = self.nearby.near(arrival, own.lead.pk if own else None)
        weighed = {home.lead.pk: self._weigh(arrival.sighting, home, advert) for home in near}
        linked = [home for home in near if home is own or weighed[home.lead.pk].outcome is Outcome.SAME]
        earlier = [home for home in linked if home is not own and self._is_offered_anew(arrival, home)]
        linked = [home for home in linked if home not in earlier]
        members = [*linked, *self._tied_to(linked)]
        if self._agree(arrival, advert, members):
            home = self._join(linked, weighed) or self._open(arrival, earlier)
        else:
            home = self._regroup(arrival, advert, members)
        self._doubt(home, [item for item in near if item not in earlier], weighed)
        return home

    def _own_home(self, arrival: Arrival, advert: Advert, before: Observation | None) -> Home | None:
        """The home of what the advert said before, unless it now shows another one."""
        home = self.nearby.homes.get(before.lead_id) if before and before.lead_id else None
        said = home.seen.get(advert) if home else None
        return None if said and contradicts(said, arrival.sighting) else home

    def _weigh(self, sighting: Sighting, home: Home, advert: Advert) -> Comparison:
        """How like the most resembling of a home's adverts is."""
        weighed = [identity.compare(sighting, other, homes=self.nearby.shared) for other in home.but_for(advert)]
        return max(weighed, key=lambda item: item.points, default=identity.NOTHING_TO_COMPARE)

    def _is_offered_anew(self, arrival: Arrival, home: Home) -> bool:
        if any(item.gone_at is None and is_sighting(item) for item in home.observations):
            return False
        unseen = self.desk.now - home.lead.last_seen_at
        return identity.is_offered_anew(arrival.sighting, home.seen.values(), unseen=unseen)

    def _tied_to(self, linked: Iterable[Home]) -> list[Home]:
        """Homes that resemble one of ``linked`` as much, which earlier arrivals found to prove nothing."""
        linked = list(linked)
        ids = {tied for home in linked for tied in self.nearby.tied.get(home.lead.pk, ())}
        return [
            self.nearby.homes[pk]
            for pk in sorted(ids - {home.lead.pk for home in linked})
            if pk in self.nearby.homes
        ]

    def _agree(self, arrival: Arrival, advert: Advert, members: Sequence[Home]) -> bool:
        """Whether nothing that any of these homes says, nor an operator, speaks against their being one."""
        said = [home.but_for(advert) for home in members]
        if any(contradicts(arrival.sighting, other) for other in (item for home in said for item in home)):
            return False
        for (one, mine), (other, theirs) in combinations(zip(members, said, strict=True), 2):
            if frozenset({one.lead.pk, other.lead.pk}) in self.nearby.different:
                return False
            if any(contradicts(first, second) for first in mine for second in theirs):
                return False
        return True

    def _join(self, linked: Sequence[Home], weighed: dict[UUID, Comparison]) -> Home | None:
        if not linked:
            return None
        winner, *losers = linked
        for loser in losers:
            self._merge(winner, loser, weighed[loser.lead.pk])
        return winner

    def _merge(self, winner: Home, loser: Home, why: Comparison) -> None:
        self.desk.write()
        merging.merge(winner.lead, [loser.lead], evidence=why.evidence)
        self.nearby.join(winner, loser)
        self.desk.touch(winner.lead)

    def _open(self, arrival: Arrival, earlier: Sequence[Home]) -> Home:
        follows = max(earlier, key=lambda home: home.lead.last_seen_at).lead if earlier else None
        return Home(self.desk.open_lead(str(arrival.record.kind), follows=follows))

    def _doubt(self, home: Home, near: Iterable[Home], weighed: dict[UUID, Comparison]) -> None:
        """Keep the likeliest of the homes that the arrival may be as well."""
        doubtful = [
            other
            for other in near
            if other.lead.pk in self.nearby.homes
            and other is not home
            and weighed[other.lead.pk].outcome is not Outcome.DIFFERENT
            and not _contradict(home, other)
        ]
        doubtful.sort(key=lambda other: (-weighed[other.lead.pk].points, other.lead.first_seen_at, other.lead.pk))
        for other in doubtful[:MOST_DOUBTS]:
            self._note(home, other, weighed[other.lead.pk], is_tied=False)

    def _note(self, one: Home, other: Home, why: Comparison, *, is_tied: bool) -> None:
        pair = frozenset({one.lead.pk, other.lead.pk})
        if pair in self.nearby.different:
            return
        self.doubts.append(Doubt(lead_ids=pair, comparison=why, is_tied=is_tied))
        if is_tied:
            self.nearby.tied[one.lead.pk].add(other.lead.pk)
            self.nearby.tied[other.lead.pk].add(one.lead.pk)

    def _regroup(self, arrival: Arrival, advert: Advert, members: Sequence[Home]) -> Home:
        """Untie a knot: sightings of one door stay together, the others stand alone in doubt."""
        own = next((home for home in members if advert in home.seen), None)
        if own and merging.is_operators(own.lead):
            return own
        self.desk.write()
        movable = [home for home in members if not merging.is_operators(home.lead)]
        nodes = [_Node(home=None, advert=advert, sighting=arrival.sighting)]
        for home in movable:
            nodes += [
                _Node(home=home, advert=key, sighting=said) for key, said in home.seen.items() if key != advert
            ]
        groups = _components(nodes, self._is_firm)
        claims = {home.lead.pk: _first_group(home, groups) for home in movable}
        homes = [self._gather(number, group, claims, arrival) for number, group in enumerate(groups)]
        self._tie(groups, homes)
        return homes[0]

    def _is_firm(self, one: _Node, other: _Node) -> bool:
        """Whether two adverts are one home by what both of them say of the door, or leave out."""
        mine, theirs = one.sighting, other.sighting
        if bool(mine.building) != bool(theirs.building) or mine.unit != theirs.unit:
            return False
        if one.home and other.home and frozenset({one.home.lead.pk, other.home.lead.pk}) in self.nearby.different:
            return False
        return identity.compare(mine, theirs, homes=self.nearby.shared).outcome is Outcome.SAME

    def _gather(self, number: int, group: Sequence[_Node], claims: dict[UUID, int], arrival: Arrival) -> Home:
        """Bring a group of adverts into one lead: the oldest of those that are theirs, or a new one."""
        theirs = [self.nearby.homes[pk] for pk, claimed in claims.items() if claimed == number]
        theirs.sort(key=lambda home: (home.lead.first_seen_at, home.lead.pk))
        home = theirs[0] if theirs else None
        for node in group:
            if node.home is not None and claims[node.home.lead.pk] != number:
                home = home or self._open_beside(node.home)
                self._move(node.home, node.advert, home)
        home = home or self._open(arrival, ())
        for loser in theirs[1:]:
            self._merge(home, loser, identity.NOTHING_TO_COMPARE)
        return home

    def _open_beside(self, home: Home) -> Home:
        opened = Home(self.desk.open_lead(home.lead.kind))
        self.nearby.homes[opened.lead.pk] = opened
        self.desk.touch(opened.lead)
        self.desk.write()
        return opened

    def _move(self, home: Home, advert: Advert, to: Home) -> None:
        moved = self.nearby.hand_over(advert, home, to)
        merging.move([observation.pk for observation in moved], to=to.lead)
        self.desk.touch(home.lead)
        self.desk.touch(to.lead)

    def _tie(self, groups: Sequence[Sequence[_Node]], homes: Sequence[Home]) -> None:
        """Keep what resembles as much as one home does, although the knot forbids it."""
        for (mine, one), (theirs, other) in combinations(zip(groups, homes, strict=True), 2):
            links = [
                identity.compare(first.sighting, second.sighting, homes=self.nearby.shared)
                for first in mine
                for second in theirs
            ]
            best = max(links, key=lambda item: item.points)
            if best.outcome is Outcome.SAME and not _contradict_groups(mine, theirs):
                self._note(one, other, best, is_tied=True)


def _contradict(one: Home, other: Home) -> bool:
    return any(contradicts(mine, theirs) for mine in one.seen.values() for theirs in other.seen.values())


def _contradict_groups(one: Iterable[_Node], other: Iterable[_Node]) -> bool:
    theirs = list(other)
    return any(contradicts(mine.sighting, node.sighting) for mine in one for node in theirs)


def _first_group(home: Home, groups: Sequence[Sequence[_Node]]) -> int:
    """The group that keeps a home's lead: that of its oldest advert; the arrival's where it has no other."""
    ages: dict[Advert, tuple[datetime, str]] = {}
    for item in home.observations:
        advert = (item.source_id, item.external_id_hash)
        ages.setdefault(advert, (item.first_seen_at, item.content_hash))
    held = [
        (ages[node.advert], number) for number, group in enumerate(groups) for node in group if node.home is home
    ]
    return min(held)[1] if held else 0


def _components(nodes: Sequence[_Node], is_linked: Callable[[_Node, _Node], bool]) -> list[list[_Node]]:
    """The nodes in groups that links hold together; the first node's group comes first."""
    left, groups = list(nodes), []
    while left:
        group, left = [left[0]], left[1:]
        for node in group:
            joined = [other for other in left if is_linked(node, other)]
            group += joined
            left = [other for other in left if other not in joined]
        groups.append(group)
    return groups
