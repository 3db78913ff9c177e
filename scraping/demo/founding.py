"""The state the demo world starts from: how many homes of which sort stand on which sites."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from random import Random

from scraping.demo.adverts import Answer, Home, Nature, Relation, Site
from scraping.demo.chance import stream
from scraping.demo.prose import Care
from scraping.demo.register import Register
from scraping.demo.sundries import NOTICES, write_notice
from scraping.demo.writer import Slip, draw_care

EXPIRED, ACTIVE, PENDING, WITHDRAWN, CLOSED = "Expired", "Active", "Pending", "Withdrawn", "Closed"
CLASSIFIEDS = (Site.EAST, Site.WEST)


@dataclass(frozen=True)
class Batch:
    """``count`` homes that each stand on all of ``sites`` in the same way."""

    count: int
    sites: tuple[Site, ...]
    is_rental: bool = False
    status: str = ""
    nature: Nature = Nature.GENUINE
    answer: Answer = Answer.PAGE
    is_legacy_layout: bool = False


ON_SEVERAL_SITES = (
    Batch(10, (Site.EAST, Site.WEST)),
    Batch(5, (Site.EAST, Site.WEST), is_rental=True),
    Batch(12, (Site.EAST, Site.FSBO)),
    Batch(8, (Site.WEST, Site.FSBO)),
    Batch(8, (Site.FSBO, Site.MLS), status=EXPIRED),
    Batch(8, (Site.FSBO, Site.MLS), status=ACTIVE),
    Batch(6, (Site.EAST, Site.WEST, Site.FSBO)),
    Batch(4, (Site.EAST, Site.FSBO, Site.MLS), status=EXPIRED),
)
ON_ONE_SITE = (
    Batch(22, (Site.EAST,)),
    Batch(16, (Site.EAST,), is_rental=True),
    Batch(22, (Site.WEST,)),
    Batch(18, (Site.WEST,), is_rental=True),
    Batch(20, (Site.FSBO,)),
    Batch(12, (Site.FSBO,), is_legacy_layout=True),
    Batch(30, (Site.MLS,), status=EXPIRED),
    Batch(8, (Site.MLS,), status=ACTIVE),
    Batch(8, (Site.MLS,), status=PENDING),
    Batch(7, (Site.MLS,), status=WITHDRAWN),
    Batch(12, (Site.MLS,), status=CLOSED),
)
UNREADABLE = (
    Batch(1, (Site.EAST,), answer=Answer.SLOW),
    Batch(1, (Site.WEST,), answer=Answer.BROKEN),
    *(
        Batch(1, (site,), answer=answer)
        for site in (*CLASSIFIEDS, Site.FSBO)
        for answer in (Answer.NOT_FOUND, Answer.GONE)
    ),
)
UNWORTHY = (
    Batch(5, (Site.EAST,), is_rental=True, nature=Nature.SCAM),
    Batch(3, (Site.EAST,), nature=Nature.SCAM),
    Batch(5, (Site.WEST,), is_rental=True, nature=Nature.SCAM),
    Batch(2, (Site.WEST,), nature=Nature.SCAM),
    Batch(6, (Site.EAST,), nature=Nature.NEAR_EMPTY),
    Batch(6, (Site.WEST,), nature=Nature.NEAR_EMPTY),
    Batch(3, (Site.FSBO,), nature=Nature.NEAR_EMPTY),
    Batch(3, (Site.WEST,), nature=Nature.DOUBTFUL),
    Batch(4, (Site.FSBO,), nature=Nature.DOUBTFUL),
)
TWIN_PAIRS, BUILDINGS, UNITS, LOOKALIKE_PAIRS = 5, 3, ("1", "2", "3"), 3
COPIED_SCAMS = 3


def found(register: Register, *, founded_at: datetime, size_percent: int = 100) -> None:
    """Fill an empty register with the world's founding state; its adverts were posted in the month before.

    :param size_percent: how many of the usual homes there are; of every sort at least one
    """
    chance = stream(register.seed, "founding")
    for batch in (*ON_SEVERAL_SITES, *ON_ONE_SITE, *UNREADABLE, *UNWORTHY):
        for _ in range(share_of(batch.count, size_percent)):
            home = register.enter(register.builder.build())
            publish_batch(register, home, batch, chance=chance, before=founded_at, spread=timedelta(days=29))
    _copy_pictures(register)
    _found_twins(register, chance, founded_at)
    _found_buildings(register, chance, founded_at)
    _found_lookalikes(register, chance, founded_at)
    _found_sundries(register, chance, founded_at)


def share_of(count: int, size_percent: int) -> int:
    """Return ``size_percent`` of ``count``, and at least one."""
    return max(1, round(count * size_percent / 100))


def publish_batch(
    register: Register, home: Home, batch: Batch, *, chance: Random, before: datetime, spread: timedelta
) -> None:
    """Publish one home on the sites of its batch at moments within ``spread`` before ``before``."""
    # A home that stands on several sites has somebody behind it who takes care.
    cares = [Care.GREAT, Care.GOOD] if len(batch.sites) > 1 else [draw_care(chance)]
    for site in batch.sites:
        agent = chance.choice(register.agents[home.metro.slug]) if site is Site.MLS else None
        register.publish(
            home,
            Slip(
                site=site,
                posted_at=_moment(chance, before, spread),
                is_rental=batch.is_rental,
                nature=batch.nature,
                care=chance.choice(cares),
                answer=batch.answer,
                is_legacy_layout=batch.is_legacy_layout,
                status=batch.status if site is Site.MLS else "",
                agent=agent,
            ),
        )


def _moment(chance: Random, before: datetime, spread: timedelta) -> datetime:
    return before - timedelta(seconds=chance.randrange(1, int(spread.total_seconds())))


def _copy_pictures(register: Register) -> None:
    """Let some scams show pictures of a home that somebody else honestly offers."""
    honest = [advert for advert in register.adverts.values() if advert.nature is Nature.GENUINE and advert.pictures]
    scams = [advert for advert in register.adverts.values() if advert.nature is Nature.SCAM]
    for scam, victim in zip(scams[:COPIED_SCAMS], honest, strict=False):
        copies = tuple(
            replace(own, drawing=stolen.drawing)
            for own, stolen in zip(scam.pictures, victim.pictures, strict=False)
        )
        register.put(replace(scam, pictures=copies))


def _found_twins(register: Register, chance: Random, founded_at: datetime) -> None:
    for _ in range(TWIN_PAIRS):
        first = register.enter(register.builder.build(kind="house"))
        pair = [first, register.enter(register.builder.next_door(first))]
        register.relate(pair, Relation.TWIN)
        for home, site in zip(pair, CLASSIFIEDS, strict=True):
            register.publish(home, Slip(site=site, posted_at=_moment(chance, founded_at, timedelta(days=20))))


def _found_buildings(register: Register, chance: Random, founded_at: datetime) -> None:
    for number in range(BUILDINGS):
        first = register.builder.build(kind="condo")
        units = [register.enter(register.builder.same_building(first, unit=unit)) for unit in UNITS]
        register.relate(units, Relation.UNIT)
        for home in units:
            site, posted_at = CLASSIFIEDS[number % 2], _moment(chance, founded_at, timedelta(days=20))
            register.publish(home, Slip(site=site, posted_at=posted_at, is_rental=True))


def _found_lookalikes(register: Register, chance: Random, founded_at: datetime) -> None:
    for _ in range(LOOKALIKE_PAIRS):
        first = register.enter(register.builder.build(kind="house"))
        pair = [first, register.enter(register.builder.lookalike(first))]
        register.relate(pair, Relation.LOOKALIKE)
        for home, site in zip(pair, CLASSIFIEDS, strict=True):
            register.publish(home, Slip(site=site, posted_at=_moment(chance, founded_at, timedelta(days=20))))


def _found_sundries(register: Register, chance: Random, founded_at: datetime) -> None:
    for number, (site, notice) in enumerate(product(CLASSIFIEDS, NOTICES)):
        metro = register.metros[number % len(register.metros)]
        register.put(
            write_notice(
                notice,
                site=site,
                metro=metro,
                person=register.directory.introduce(metro) if notice.has_phone else None,
                posted_at=_moment(chance, founded_at, timedelta(days=15)),
                seed=register.seed,
            )
        )
