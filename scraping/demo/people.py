"""Who stands behind the demo's adverts: invented people only.

Names are put together from syllables, telephone numbers are the fictitious 555-0100 to 555-0199 of a real area
code, and every e-mail address ends in ``example.com``.
"""

from collections import deque
from dataclasses import dataclass

from scraping.demo.chance import stream
from scraping.demo.places import Metro

_GIVEN_STARTS = (
    "Ar",
    "Bel",
    "Cor",
    "Del",
    "El",
    "Fen",
    "Jor",
    "Kal",
    "Lor",
    "Mar",
    "Nel",
    "Or",
    "Ral",
    "Tam",
    "Vel",
)
_GIVEN_ENDS = ("a", "ada", "an", "en", "ia", "in", "is", "on", "ora", "win")
_FAMILY_STARTS = (
    "Ash",
    "Bram",
    "Cald",
    "Dren",
    "Fair",
    "Gar",
    "Hol",
    "Kess",
    "Lang",
    "Mor",
    "Pell",
    "Quil",
    "Thorn",
)
_FAMILY_ENDS = ("berg", "bourne", "den", "field", "ford", "ley", "ling", "mere", "sby", "ton", "well", "wick")
_BROKERAGES = ("Bluestem Realty", "Lantern Row Homes", "Copper Gate Properties", "Northlight Brokers")
_NUMBERS_PER_AREA_CODE = 100


@dataclass(frozen=True)
class Person:
    """An invented person; ``phone`` is in E.164 and belongs to nobody else in the demo, "" where none was left."""

    key: str
    given_name: str
    family_name: str
    phone: str
    email: str

    @property
    def full_name(self) -> str:
        """Return given and family name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Agent:
    """An invented licensed agent and the invented brokerage behind them."""

    person: Person
    brokerage: str
    member_key: str


class Directory:
    """Hands out telephone numbers and names, each to one person at a time."""

    def __init__(self, *, seed: int, metros: tuple[Metro, ...]) -> None:
        self._seed = seed
        self._people = 0
        self._free_phones = {metro.slug: deque(_phones(seed, metro)) for metro in metros}

    def introduce(self, metro: Metro) -> Person:
        """Return a new person of ``metro``, without a telephone where every number of its area codes is in use."""
        self._people += 1
        chance = stream(self._seed, "person", self._people)
        free_phones = self._free_phones[metro.slug]
        given = chance.choice(_GIVEN_STARTS) + chance.choice(_GIVEN_ENDS)
        family = chance.choice(_FAMILY_STARTS) + chance.choice(_FAMILY_ENDS)
        return Person(
            key=f"person-{self._people:04}",
            given_name=given,
            family_name=family,
            phone=free_phones.popleft() if free_phones else "",
            email=f"{given}.{family}{self._people}@example.com".lower(),
        )

    def forget(self, person: Person, metro: Metro) -> None:
        """Give a person's number back; it is handed out again only after all others."""
        if person.phone:
            self._free_phones[metro.slug].append(person.phone)

    def agents(self, metro: Metro) -> tuple[Agent, ...]:
        """Return one new agent for each brokerage."""
        return tuple(
            Agent(person=person, brokerage=brokerage, member_key=f"M{person.key[-4:]}")
            for brokerage in _BROKERAGES
            for person in [self.introduce(metro)]
        )


def _phones(seed: int, metro: Metro) -> list[str]:
    phones = [
        f"+1{area_code}55501{line:02}" for area_code in metro.area_codes for line in range(_NUMBERS_PER_AREA_CODE)
    ]
    stream(seed, "phones", metro.slug).shuffle(phones)
    return phones
