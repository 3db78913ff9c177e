"""What one day does to the demo world: adverts go, prices move, new homes come."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from scraping.demo.adverts import Advert, Answer, Home, Nature, Site
from scraping.demo.chance import stream
from scraping.demo.founding import (
    ACTIVE,
    CLOSED,
    EXPIRED,
    ON_ONE_SITE,
    ON_SEVERAL_SITES,
    UNWORTHY,
    WITHDRAWN,
    publish_batch,
    share_of,
)
from scraping.demo.register import Register
from scraping.demo.rounding import round_to

DAY_LENGTH = timedelta(minutes=15)
LEAVING_RATIO = 0.05
REPRICED_RATIO = 0.10
NEW_HOMES_PER_DAY = 27  # with those on several sites, about 8 % of the founding adverts

_STATUS_AFTER = {
    EXPIRED: (ACTIVE, WITHDRAWN),
    ACTIVE: (CLOSED, EXPIRED),
    "Pending": (CLOSED, ACTIVE),
    WITHDRAWN: (ACTIVE,),
}


def pass_day(register: Register, *, number: int, starts_at: datetime, size_percent: int = 100) -> None:
    """Let day ``number`` pass, its changes falling within ``DAY_LENGTH`` of ``starts_at``."""
    chance = stream(register.seed, "day", number)
    _clear_lists(register)
    _let_leave(register, chance, starts_at)
    _reprice(register, chance, starts_at)
    _let_come(register, chance, starts_at, share_of(NEW_HOMES_PER_DAY, size_percent))


def _clear_lists(register: Register) -> None:
    """Take the adverts that had gone by yesterday off the lists; their addresses keep answering 404 or 410."""
    for advert in list(register.adverts.values()):
        if advert.is_listed and advert.answer in {Answer.NOT_FOUND, Answer.GONE}:
            register.put(replace(advert, is_listed=False))


def _standing(register: Register) -> list[Advert]:
    return [advert for advert in register.adverts.values() if advert.is_listed and advert.answer is Answer.PAGE]


def _let_leave(register: Register, chance: Random, starts_at: datetime) -> None:
    standing = _standing(register)
    for advert in chance.sample(standing, round(len(standing) * LEAVING_RATIO)):
        if advert.site is Site.MLS and advert.status != CLOSED:
            status = chance.choice(_STATUS_AFTER[advert.status])
            register.put(replace(advert, status=status, updated_at=_moment(chance, starts_at)))
        else:
            answer = chance.choice((Answer.NOT_FOUND, Answer.GONE))
            # Web sites are slow to clear their lists: every other one still links to what is gone.
            is_listed = advert.site is not Site.MLS and chance.random() < 0.5
            register.put(replace(advert, answer=answer, is_listed=is_listed))
    _free_numbers(register)


def _free_numbers(register: Register) -> None:
    """Give back the numbers of owners none of whose adverts is left."""
    for home in list(register.homes.values()):
        if _is_abandoned(register, home) and home.mistaken_for == () and home.key not in register.abandoned:
            register.abandoned.add(home.key)
            register.directory.forget(home.owner, home.metro)


def _is_abandoned(register: Register, home: Home) -> bool:
    gone = {Answer.NOT_FOUND, Answer.GONE}
    return all(register.adverts[identity].answer in gone for identity in register.adverts_of(home))


def _reprice(register: Register, chance: Random, starts_at: datetime) -> None:
    candidates = [a for a in _standing(register) if a.nature is Nature.GENUINE]
    for advert in chance.sample(candidates, round(len(candidates) * REPRICED_RATIO)):
        factor = chance.choice((0.94, 0.96, 0.97, 0.98, 0.99, 1.02))
        price_usd = round_to(advert.price_usd * factor, step=1000 if advert.price_usd > 50_000 else 5)
        register.put(replace(advert, price_usd=price_usd, updated_at=_moment(chance, starts_at)))


def _let_come(register: Register, chance: Random, starts_at: datetime, count: int) -> None:
    batches = (*ON_SEVERAL_SITES, *ON_ONE_SITE, *UNWORTHY)
    for batch in chance.choices(batches, weights=[batch.count for batch in batches], k=count):
        home = register.enter(register.builder.build())
        publish_batch(register, home, batch, chance=chance, before=starts_at + DAY_LENGTH, spread=DAY_LENGTH)


def _moment(chance: Random, starts_at: datetime) -> datetime:
    return starts_at + timedelta(seconds=chance.randrange(int(DAY_LENGTH.total_seconds())))
