"""What is wrong with a draft, whoever wrote it: nothing is shown to a buyer that has a fault.

A number counts as the lead's only inside a phrase of a fact that the text cites: "2 bedrooms" of a home with three
fails although two is its number of bathrooms. Numbers in words, in other scripts and behind invisible characters
are numbers too. What stands in a fact (a street called Black Oak) is never looked at for protected words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from leads import fair_housing
from marketplace.engagement.brief import Brief, Channel, Fact
from marketplace.engagement.drafts import PLACEHOLDERS, Draft, Message, Step
from marketplace.engagement.phrases import standing_alone


def privacy_line() -> str:
    """Where owners learn what is held about them, and have it deleted: every first message tells."""
    return f"What is held about you, from where, and how to have it deleted: {settings.SITE_URL}/privacy/"


LEAST_FACTS: Final = {Channel.CALL: 3, Channel.TEXT: 2, Channel.EMAIL: 3, Channel.POST: 3}
MOST_CHARACTERS: Final = {Channel.CALL: 4_000, Channel.TEXT: 480, Channel.EMAIL: 3_000, Channel.POST: 3_000}
MOST_SUBJECT_CHARACTERS: Final = 120
MOST_STEP_CHARACTERS: Final = 200
LEAST_PLAN_DAYS: Final = 8
"""With fewer days left of the passport nobody owes a plan."""
OPT_OUT: Final = {
    Channel.CALL: "If you would rather not be called, say so, and I will not call again.",
    Channel.TEXT: "Reply STOP and I will not write again.",
    Channel.EMAIL: "If you would rather not hear from me, answer “no”, and I will not write again.",
    Channel.POST: "If your home is listed with another agent, this letter is not meant for you.",
}
"""The way out, word for word, that each text has to offer."""
SIGNED: Final = {
    Channel.CALL: ("[your name]", "[your brokerage]"),
    Channel.TEXT: ("[your name]", "[your brokerage]"),
    Channel.EMAIL: ("[your name]", "[your brokerage]", "[your postal address]"),
    Channel.POST: ("[your name]", "[your brokerage]", "[your postal address]"),
}
"""Whoever writes says who they are; mail for sale names a postal address (15 U.S.C. § 7704)."""

_TENS: Final = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNITS: Final = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen"
)
_ORDINALS: Final = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|twentieth|thirtieth|"
    "hundredth|thousandth"
)
_SCALES: Final = (
    "hundred|thousand|million|billion|trillion|dozen|score|half|halves|quarter|percent|twice|thrice|double|triple|"
    "couple|pair|grand"
)
_NUMBER_WORD: Final = re.compile(
    rf"\b(?:(?:{_TENS})(?:{_UNITS}|{_ORDINALS})|(?:{_TENS}|{_UNITS}|{_ORDINALS}|{_SCALES})s?)\b", re.IGNORECASE
)
_BRACKETED: Final = re.compile(r"\[[^\]]*\]?")
_ELSEWHERE: Final = re.compile(r"https?:|www\.|\S@\S|\w\.(?:com|net|org|io|us)\b", re.IGNORECASE)
_PRESSURE: Final = re.compile(
    r"\b(?:guarante\w*|act now|last chance|final notice|urgent\w*|you must|before it is too late|"
    r"i have (?:a|many|several) buyers?|(?:stop|avoid|prevent)\w* (?:the |your )?foreclosure|"
    r"save your (?:home|house|credit)|behind on (?:your )?payments|your loss|passed away|deceased|dead|died|"
    r"(?:sign|pay) today|cash today)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong, as a word of a closed list; ``where`` is a channel or a step; ``quote`` is what was found."""

    code: str
    where: str
    quote: str = ""


def faults_of(draft: Draft, brief: Brief) -> list[Fault]:
    """Everything that is wrong with ``draft``; nothing where it may be shown."""
    faults = [fault for message in draft.messages for fault in _faults_of_message(message, brief)]
    faults += [fault for step in draft.steps for fault in _faults_of_step(step, brief)]
    channels = [message.channel for message in draft.messages]
    faults += [
        Fault(code="text_missing", where=channel) for channel in Channel if _is_owed(channel, channels, brief)
    ]
    faults += [Fault(code="text_twice", where=channel) for channel in Channel if channels.count(channel) > 1]
    if brief.last_day >= LEAST_PLAN_DAYS and any(map(brief.allows_step, Channel)) and not draft.steps:
        faults.append(Fault(code="plan_missing", where="plan"))
    return faults


def _is_owed(channel: Channel, written: list[Channel], brief: Brief) -> bool:
    return brief.allows(channel) and channel not in written


def _faults_of_message(message: Message, brief: Brief) -> Iterator[Fault]:
    where = message.channel
    if not brief.allows(where):
        yield Fault(code="channel_closed", where=where, quote=brief.limits[where].why)
    for part in (*SIGNED[where], OPT_OUT[where], privacy_line()):
        if part not in message.body:
            yield Fault(code="part_missing", where=where, quote=part)
    if len(message.body) > MOST_CHARACTERS[where] or len(message.subject) > MOST_SUBJECT_CHARACTERS:
        yield Fault(code="too_long", where=where)
    cited = [fact for key in dict.fromkeys(message.cites) if (fact := brief.find(key))]
    yield from _faults_of_citing(message, cited, brief)
    yield from _faults_of_words(message.whole, where, cited, brief)


def _faults_of_citing(message: Message, cited: list[Fact], brief: Brief) -> Iterator[Fault]:
    where = message.channel
    unknown = [key for key in message.cites if brief.find(key) is None]
    yield from (Fault(code="unknown_fact", where=where, quote=key) for key in unknown)
    untold = [fact for fact in cited if not standing_alone(fact.phrases).search(message.whole)]
    yield from (Fault(code="fact_not_told", where=where, quote=fact.key) for fact in untold)
    if len(cited) < LEAST_FACTS[where]:
        yield Fault(code="too_few_facts", where=where, quote=str(len(cited)))


def _faults_of_step(step: Step, brief: Brief) -> Iterator[Fault]:
    where = f"plan: {step.channel}"
    if not brief.allows_step(step.channel):
        yield Fault(code="channel_closed", where=where)
    if not 0 <= step.days_after < brief.last_day:
        yield Fault(code="beyond_passport", where=where, quote=str(step.days_after))
    if not step.says.strip() or len(step.says) > MOST_STEP_CHARACTERS:
        yield Fault(code="too_long", where=where)
    yield from _faults_of_words(step.says, where, [], brief)


def _faults_of_words(text: str, where: str, cited: Iterable[Fact], brief: Brief) -> Iterator[Fault]:
    phrases = tuple(phrase for fact in cited for phrase in fact.phrases)
    said = text.replace(privacy_line(), " ")
    rest = standing_alone(phrases).sub(" ", said) if phrases else said
    for bracketed in _BRACKETED.findall(rest):
        if bracketed not in PLACEHOLDERS:
            yield Fault(code="unknown_placeholder", where=where, quote=bracketed)
    rest = _BRACKETED.sub(" ", rest)
    yield from (Fault(code="number", where=where, quote=found) for found in numbers_in(rest))
    yield from (Fault(code="character", where=where, quote=found) for found in _strange_characters(rest))
    spoken = re.sub(rf"\b{re.escape(brief.home)}\b", " ", rest)  # "multi-family home" is a kind of home
    yield from (Fault(code="protected_word", where=where, quote=found) for found in protected_words(spoken))
    yield from (Fault(code="pressure", where=where, quote=found) for found in _PRESSURE.findall(rest))
    yield from (Fault(code="address", where=where, quote=found) for found in _ELSEWHERE.findall(rest))


def numbers_in(text: str) -> list[str]:
    """Every number in ``text``, in figures of any script or in words."""
    figures = re.findall(r"\S*\d\S*", text)
    others = [
        one for one in _beyond_ascii(text) if not one.isdecimal() and unicodedata.numeric(one, None) is not None
    ]
    return [*figures, *others, *(match.group() for match in _NUMBER_WORD.finditer(text))]


def protected_words(text: str) -> list[str]:
    """Words that speak of people by what they are, and phrases that steer."""
    words = [word for word in re.findall(r"[a-z0-9]+", text.lower()) if word in fair_housing.PROTECTED_TERMS]
    steered = fair_housing.without_steering(fair_housing.without_people(text, instead="¦"), instead="¦")
    return words or ["¦"] * steered.count("¦")


def _beyond_ascii(text: str) -> list[str]:
    return [] if text.isascii() else [one for one in text if not one.isascii()]


def _strange_characters(text: str) -> Iterator[str]:
    """Invisible characters and letters of other scripts: they hide words from whoever looks for them."""
    for one in _beyond_ascii(text):
        is_letter = one.isalpha() and not unicodedata.name(one, "").startswith("LATIN")
        if is_letter or unicodedata.category(one) in {"Cf", "Co", "Cn", "Mn"}:
            yield f"U+{ord(one):04X}"
