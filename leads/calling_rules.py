"""When and on which lists somebody may be called: what federal law says, and where a state is stricter.

A table of rules with their sources; pure. Hours are those of the clock where the called person is. Where a state
says nothing of its own, the federal hours hold. Legal holidays are not in it, nor what governors forbid in
emergencies. Which rows were compared with a text, docs/subsystems/holders.md says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

FEDERAL_LIST: Final = "federal"
SATURDAY: Final = 5
SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when, and None for a day without calls. ``cites`` is where it stands."""

    weekdays: tuple[time, time]
    saturday: tuple[time, time] | None
    sunday: tuple[time, time] | None
    cites: str

    def on(self, weekday: int) -> tuple[time, time] | None:
        """The hours of a day, Monday being 0."""
        if weekday == SUNDAY:
            return self.sunday
        return self.saturday if weekday == SATURDAY else self.weekdays

    @property
    def says(self) -> str:
        """The hours in a sentence's words."""
        told = f"{_span(self.weekdays)} on weekdays"
        if self.weekdays == self.saturday == self.sunday:
            return _span(self.weekdays)
        if self.weekdays == self.saturday:
            told = f"{_span(self.weekdays)} from Monday to Saturday"
        else:
            told += f", {_span(self.saturday)} Saturdays" if self.saturday else ", not on Saturdays"
        return told + (f", {_span(self.sunday)} Sundays" if self.sunday else ", not Sundays")


def _span(hours: tuple[time, time]) -> str:
    return f"{hours[0]:%-H:%M} to {hours[1]:%-H:%M}"


def _every_day(begins: int, ends: int, cites: str) -> Hours:
    span = (time(begins), time(ends))
    return Hours(span, span, span, cites)


def _not_on_sundays(begins: int, ends: int, cites: str) -> Hours:
    span = (time(begins), time(ends))
    return Hours(span, span, None, cites)


FEDERAL: Final = _every_day(8, 21, "47 C.F.R. § 64.1200(c)(1)")
STRICTER: Final[Mapping[str, Hours]] = {
    "AL": _not_on_sundays(8, 20, "Ala. Code § 8-19A-14"),
    "CT": _every_day(9, 20, "Conn. Gen. Stat. § 42-288a"),
    "FL": _every_day(8, 20, "Fla. Stat. § 501.616(6)(a)"),
    "KY": _every_day(10, 21, "Ky. Rev. Stat. § 367.46955"),
    "LA": _not_on_sundays(8, 20, "La. Rev. Stat. § 45:811"),
    "MA": _every_day(8, 20, "201 Code Mass. Regs. § 12.02(2)"),
    "MD": _every_day(8, 20, "Md. Code, Com. Law § 14-4502"),
    "MI": _every_day(9, 21, "Mich. Comp. Laws § 445.111a"),
    "MN": _every_day(9, 21, "Minn. Stat. § 325E.30"),
    "MS": _not_on_sundays(8, 20, "Miss. Code § 77-3-723"),
    "NM": _every_day(9, 21, "N.M. Stat. § 57-12-22"),
    "NV": _every_day(9, 20, "Nev. Rev. Stat. § 598.0918"),
    "OK": _every_day(8, 20, "Okla. Stat. tit. 15, § 775C.4"),
    "RI": Hours((time(9), time(18)), (time(10), time(17)), None, "R.I. Gen. Laws § 5-61-2"),
    "SD": _not_on_sundays(9, 21, "S.D. Codified Laws § 37-30A-3"),
    "TX": Hours((time(9), time(21)), (time(9), time(21)), (time(12), time(21)), "Tex. Bus. & Com. Code § 301.051"),
    "UT": _not_on_sundays(8, 21, "Utah Code § 13-25a-103(3)"),
    "WA": _every_day(8, 20, "Wash. Rev. Code § 19.158.040(2)"),
    "WY": _every_day(8, 20, "Wyo. Stat. § 40-12-302"),
}
OWN_LISTS: Final[Mapping[str, str]] = {
    "CO": "Colo. Rev. Stat. § 6-1-905",
    "FL": "Fla. Stat. § 501.059",
    "IN": "Ind. Code § 24-4.7",
    "LA": "La. Rev. Stat. § 45:844.14",
    "MA": "Mass. Gen. Laws ch. 159C, § 2",
    "MO": "Mo. Rev. Stat. § 407.1101",
    "OK": "Okla. Stat. tit. 15, § 775B.3",
    "PA": "73 Pa. Stat. § 2242",
    "TN": "Tenn. Code § 65-4-405",
    "TX": "Tex. Bus. & Com. Code § 304.051",
    "WY": "Wyo. Stat. § 40-12-302",
}
"""States that keep a do-not-call list of their own beside the national one."""


def hours_in(state_code: str) -> Hours:
    """The hours of a state; the federal ones where it has none of its own, or is unknown."""
    return STRICTER.get(state_code, FEDERAL)


def is_calling_hour(state_code: str, local: datetime) -> bool:
    """Whether somebody may be rung at ``local``, the clock where they are: federal and state law together."""
    return all(_is_within(hours, local) for hours in (FEDERAL, hours_in(state_code)))


def _is_within(hours: Hours, local: datetime) -> bool:
    span = hours.on(local.weekday())
    return span is not None and span[0] <= local.time() < span[1]


def lists_for(state_code: str) -> frozenset[str]:
    """The do-not-call lists, by slug, that a number there must be looked for in before it is called."""
    own = {state_code.lower()} if state_code in OWN_LISTS else set()
    return frozenset({FEDERAL_LIST, *own})


def missing_lists(state_code: str, looked_in: Collection[str]) -> list[str]:
    """Those of them that a number was not looked for in."""
    return sorted(lists_for(state_code) - set(looked_in))


def quiet_hours_in(state_code: str) -> str:
    """The hours for calls in a sentence for a passport, with the source."""
    hours = hours_in(state_code)
    return f"Calls {hours.says}, the owner's time ({hours.cites})."
