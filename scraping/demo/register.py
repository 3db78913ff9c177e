"""The register that is filled while a world is being built: homes and adverts, by identity."""

from dataclasses import replace

from scraping.demo.adverts import Advert, Home, Relation, Site
from scraping.demo.homes import HomeBuilder
from scraping.demo.people import Agent, Directory
from scraping.demo.places import Metro
from scraping.demo.writer import Slip, write_advert

Identity = tuple[Site, str]


class Register:
    """Homes by key and adverts by (site, key), in the order in which they came."""

    def __init__(self, *, seed: int, directory: Directory, metros: tuple[Metro, ...]) -> None:
        self.seed = seed
        self.directory = directory
        self.metros = metros
        self.builder = HomeBuilder(seed=seed, directory=directory, metros=metros)
        self.homes: dict[str, Home] = {}
        self.adverts: dict[Identity, Advert] = {}
        self.agents: dict[str, tuple[Agent, ...]] = {metro.slug: directory.agents(metro) for metro in metros}
        self.abandoned: set[str] = set()
        self._by_home: dict[str, list[Identity]] = {}

    def enter(self, home: Home) -> Home:
        """Add a home and return it."""
        self.homes[home.key] = home
        self._by_home[home.key] = []
        return home

    def relate(self, homes: list[Home], relation: Relation) -> None:
        """Note that each of ``homes`` must not be merged with the others."""
        for home in homes:
            others = tuple(other.key for other in homes if other is not home)
            self.homes[home.key] = replace(home, mistaken_for=others, relation=relation)

    def publish(self, home: Home, slip: Slip) -> Advert:
        """Write an advert for ``home`` and add it."""
        advert = write_advert(home, slip, seed=self.seed)
        self._by_home[home.key].append((advert.site, advert.key))
        return self.put(advert)

    def put(self, advert: Advert) -> Advert:
        """Add an advert, or set a new state of one that is there."""
        self.adverts[advert.site, advert.key] = advert
        return advert

    def adverts_of(self, home: Home) -> list[Identity]:
        """Return the identities of the home's adverts."""
        return self._by_home[home.key]
