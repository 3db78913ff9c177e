"""The demo world on one of its days: every home, owner and advert in it, all of them generated.

``build_world`` is a pure function of the day, the date and the seed: equal arguments give equal worlds, down to
the byte of every page. Nothing here describes a real home or person; see ``people`` and ``places`` for what is real
(cities, ZIP codes, coordinates, area codes) and what is not (streets, names, numbers, addresses).

Time is compressed: day 0 holds adverts of the month before ``today``, and each later day adds a quarter of an
hour shortly before it, so that several days can be shown in one sitting and no advert ever comes from the future.
A given advert bears the same times on all days of one date.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from scraping.demo.adverts import Advert, Home, Nature, Site
from scraping.demo.changes import DAY_LENGTH, pass_day
from scraping.demo.founding import found
from scraping.demo.people import Directory
from scraping.demo.places import metros
from scraping.demo.register import Register

DEFAULT_SEED = 20_250
LAST_DAY = 30
LARGEST_PERCENT = 1000


@dataclass(frozen=True)
class World:
    """What there is on one day; the truth table for tests.

    ``sundries`` are the adverts that no home stands behind.
    """

    day: int
    today: date
    seed: int
    homes: tuple[Home, ...]
    sundries: tuple[Advert, ...]

    @cached_property
    def adverts(self) -> tuple[Advert, ...]:
        """Return every advert ever published up to this day, withdrawn ones included, newest first."""
        everything = [*(advert for home in self.homes for advert in home.adverts), *self.sundries]
        return tuple(sorted(everything, key=lambda advert: (advert.posted_at, advert.key), reverse=True))

    @cached_property
    def _homes_by_key(self) -> dict[str, Home]:
        return {home.key: home for home in self.homes}

    def on_site(self, site: Site) -> tuple[Advert, ...]:
        """Return the adverts of one site, newest first."""
        return tuple(advert for advert in self.adverts if advert.site == site)

    def home_of(self, advert: Advert) -> Home | None:
        """Return the home an advert stands for, if there is one."""
        return self._homes_by_key[advert.home_key] if advert.home_key else None

    def same_home(self) -> Iterator[tuple[Advert, ...]]:
        """Yield each group of readable genuine adverts that stand for one home on more than one site."""
        for home in self.homes:
            group = tuple(a for a in home.adverts if a.is_readable and a.nature is Nature.GENUINE)
            if len(group) > 1:
                yield group


def build_world(day: int, *, today: date, seed: int = DEFAULT_SEED, size_percent: int = 100) -> World:
    """Build the world as it is on ``day`` for a demo that runs on ``today``.

    :param day: 0 for the founding state, up to ``LAST_DAY``
    :param size_percent: 100 for the usual number of homes, less for a smaller world with every trap still set; in a
        large one owners run out of numbers that are nobody's, and the last have no telephone
    :raises ValueError: ``day`` or ``size_percent`` is out of range
    """
    if not 1 <= size_percent <= LARGEST_PERCENT:
        raise ValueError(f"The demo's world has a size of 1 to {LARGEST_PERCENT} percent, not {size_percent}.")
    if not 0 <= day <= LAST_DAY:
        raise ValueError(f"The demo knows the days 0 to {LAST_DAY}, not {day}.")
    founded_at = datetime.combine(today, time(), tzinfo=UTC) - timedelta(hours=36)
    register = Register(seed=seed, directory=Directory(seed=seed, metros=metros()), metros=metros())
    found(register, founded_at=founded_at, size_percent=size_percent)
    for number in range(1, day + 1):
        starts_at = founded_at + number * DAY_LENGTH
        pass_day(register, number=number, starts_at=starts_at, size_percent=size_percent)
    return World(
        day=day,
        today=today,
        seed=seed,
        homes=tuple(
            replace(home, adverts=tuple(register.adverts[identity] for identity in register.adverts_of(home)))
            for home in register.homes.values()
        ),
        sundries=tuple(advert for advert in register.adverts.values() if advert.home_key is None),
    )
