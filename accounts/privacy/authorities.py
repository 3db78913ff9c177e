"""To whom a person can complain about us, by the state they live in."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An office that looks after people's data, and where it is found."""

    name: str
    address: str


GENERAL: Final = Authority(name="The attorney general of your state", address="https://www.naag.org/find-my-ag/")
BY_STATE: Final = {
    "CA": (
        Authority(
            name="California Privacy Protection Agency", address="https://cppa.ca.gov/webapplications/complaint"
        ),
        Authority(name="California Attorney General", address="https://oag.ca.gov/report"),
    ),
    "NJ": (
        Authority(name="New Jersey Division of Consumer Affairs", address="https://www.njconsumeraffairs.gov/"),
        Authority(name="New Jersey Office of Information Privacy", address="https://danielslaw.nj.gov/"),
    ),
}


def to_complain_to(state_code: str) -> tuple[Authority, ...]:
    """The offices for a person who lives in ``state_code``; the general answer where we know no nearer one."""
    return BY_STATE.get(state_code, (GENERAL,))
