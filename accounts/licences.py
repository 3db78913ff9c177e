"""Licences of agents: the states that give them, how a number is compared, and who may check one by machine.

Nothing here reads or writes rows. A verifier is told a licence and says what it knows; the one that ships knows
nothing, which leaves every licence to operators.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AS": "American Samoa", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida",
    "GA": "Georgia", "GU": "Guam", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa",
    "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska",
    "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "MP": "Northern Mariana Islands", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VI": "Virgin Islands",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
"""The fifty states, the District of Columbia and the five territories whose homes may be offered."""

LONGEST_NUMBER: Final = 40
LONGEST_TERM: Final = timedelta(days=365 * 10)
"""No state gives a licence for longer: a later day is a slip of the pen."""
NOTICE: Final = timedelta(days=30)
"""How long before its last day an agent is told, and how long after it once more."""
MOST_A_DAY: Final = 2 * len(STATES)
_NOT_COMPARED: Final = re.compile(r"[^0-9A-Z]")


def state_name(state_code: str) -> str:
    """ "Texas" for "TX"; the code itself where it is none that we know."""
    return STATES.get(state_code, state_code)


def comparable(state_code: str, number: str) -> str:
    """What two spellings of one licence share: "TX:0123456" for " 0123-456" of Texas."""
    return f"{state_code}:{_NOT_COMPARED.sub('', number.upper())}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Claimed:
    """A licence as its agent wrote it down. It is personal: it has no ``repr``."""

    state_code: str
    number: str
    expires_on: date
    holder: str
    """The agent's name as they gave it; "" where they gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier is sure of. ``why`` is read by the agent where the licence does not stand."""

    stands: bool
    why: str = ""


class Verifier(Protocol):
    """Knows licences by machine, such as a state's register or a vendor that asks them all."""

    name: str
    """For the audit trail."""

    def check(self, claimed: Claimed) -> Verdict | None:
        """Say whether a licence stands, within 20 seconds; None leaves it to an operator.

        What it raises leaves the licence to an operator too.
        """


class ByOperators:
    """Knows nothing by itself: every licence waits for a person."""

    name = "operators"

    def check(self, claimed: Claimed) -> Verdict | None:
        return None


def verifier() -> Verifier:
    """The one that the setting ``LICENCE_VERIFIER`` names."""
    made: Verifier = import_string(settings.LICENCE_VERIFIER)()
    return made
