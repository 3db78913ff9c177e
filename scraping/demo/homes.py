"""Draws homes whose address, size, age and price belong together."""

from random import Random

from scraping.demo.adverts import Facts, Home
from scraping.demo.chance import stream
from scraping.demo.people import Directory, Person
from scraping.demo.places import Address, Metro, Street, streets, usual_suffixes
from scraping.demo.prose import FEATURES
from scraping.demo.rounding import round_to

_RENT_PER_YEAR_RATIO = 0.066
_UNIT_NAMES = ("1A", "2B", "3C", "4", "12", "204")


class HomeBuilder:
    """Builds homes, no two of them at one address."""

    def __init__(self, *, seed: int, directory: Directory, metros: tuple[Metro, ...]) -> None:
        self._seed = seed
        self._directory = directory
        self._metros = metros
        self._built = 0
        self._taken: set[Address] = set()

    def build(self, *, kind: str = "") -> Home:
        """Return a new home with a new owner; ``kind`` is drawn where it is not given."""
        key = self._next_key()
        chance = stream(self._seed, key)
        metro = self._metros[self._built % len(self._metros)]
        kind = kind or chance.choices(("house", "townhouse", "condo"), weights=(75, 13, 12))[0]
        address = self._free_address(metro, chance, has_unit=kind == "condo")
        facts = _draw_facts(kind, address, chance)
        return Home(key=key, metro=metro, address=address, facts=facts, owner=self._directory.introduce(metro))

    def next_door(self, home: Home) -> Home:
        """Return the twin of ``home``: same builder and plan, next even or odd number, another owner."""
        address = home.address
        while address in self._taken:
            address = Address(number=address.number + 2, street=address.street)
        return self._beside(home, address, owner=self._directory.introduce(home.metro))

    def same_building(self, home: Home, *, unit: str) -> Home:
        """Return another unit of the building of ``home`` that belongs to the same owner."""
        address = Address(number=home.address.number, street=home.address.street, unit=unit)
        return self._beside(home, address, owner=home.owner)

    def lookalike(self, home: Home) -> Home:
        """Return a home with the same number and street name, in a street of another kind and ZIP code."""
        chance = stream(self._seed, "lookalike", home.key)
        street = home.address.street
        # Where homes cost about the same, so that the price does not tell the two apart.
        place = min(
            (place for place in home.metro.places if place != street.place),
            key=lambda place: abs(place.usd_per_sqft - street.place.usd_per_sqft),
        )
        model = chance.choice(streets(place))
        suffix = chance.choice([suffix for suffix in usual_suffixes(street.name) if suffix != street.suffix])
        other = Street(
            place=place,
            direction=street.direction,
            name=street.name,
            suffix=suffix,
            latitude=model.latitude,
            longitude=model.longitude,
            runs_north=model.runs_north,
        )
        address = Address(number=home.address.number, street=other)
        return self._beside(home, address, owner=self._directory.introduce(home.metro))

    def _beside(self, home: Home, address: Address, *, owner: Person) -> Home:
        self._taken.add(address)
        return Home(key=self._next_key(), metro=home.metro, address=address, facts=home.facts, owner=owner)

    def _next_key(self) -> str:
        self._built += 1
        return f"home-{self._built:04}"

    def _free_address(self, metro: Metro, chance: Random, *, has_unit: bool) -> Address:
        while True:
            address = Address(
                number=chance.randrange(100, 9900),
                street=chance.choice(streets(chance.choice(metro.places))),
                unit=chance.choice(_UNIT_NAMES) if has_unit else "",
            )
            if address not in self._taken:
                self._taken.add(address)
                return address


def _draw_facts(kind: str, address: Address, chance: Random) -> Facts:
    beds = chance.choices((1, 2, 3) if kind == "condo" else (2, 3, 3, 3, 4, 4, 5))[0]
    baths = max(1.0, beds - chance.choice((0, 0.5, 1, 1, 1.5)))
    area_sqft = round(beds * chance.uniform(430, 560) + baths * 90 + chance.uniform(0, 180))
    year_built = chance.randrange(1948, 2022)
    age_factor = 0.88 + (year_built - 1948) / 400
    value = area_sqft * address.place.usd_per_sqft * age_factor * chance.uniform(0.92, 1.1)
    return Facts(
        kind=kind,
        beds=beds,
        baths=baths,
        area_sqft=area_sqft,
        lot_sqft=0 if kind == "condo" else round_to(area_sqft * chance.uniform(2.4, 6.5), step=10),
        year_built=year_built,
        value_usd=round_to(value, step=1000),
        rent_usd=round_to(value * _RENT_PER_YEAR_RATIO / 12, step=25),
        features=tuple(sorted(chance.sample(sorted(FEATURES), 8))),
    )
