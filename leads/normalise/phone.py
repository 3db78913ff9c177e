"""Telephone numbers: E.164 out of what people write, also when they write to hide from programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    PhoneNumberType,
)

MAX_TEXT_CHARACTERS = 20_000
MAX_FIELD_CHARACTERS = 120
MAX_PHONES = 10

_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_WORD = "|".join(_DIGIT_WORDS)
_TEXTED_REGIONS = frozenset({"US", "PR", "GU", "VI", "AS", "MP"})
_LOOK_ALIKES = {"o": "0", "l": "1", "i": "1"}
_GAP = r"[\s().,*_~|/\-–—]{0,3}"
# Ten or more digits, some of them spelled, with at most three separating signs between two of them. A letter that
# looks like a digit is one only in front of another digit: "414-555-o135", but not "555 0135 I am here".
_LOOK_ALIKE = rf"[oli](?={_GAP}(?:\d|{_WORD}|[oli]{_GAP}\d))"
_SPELLED_RUN = re.compile(
    rf"(?<![a-z0-9])\+?(?:\d|{_WORD}){_GAP}(?:(?:\d|{_WORD}|{_LOOK_ALIKE}){_GAP}){{9,14}}(?![a-z0-9])",
    re.IGNORECASE,
)
_SPELLED_DIGIT = re.compile(_WORD, re.IGNORECASE)
_HIDDEN_DIGIT = re.compile(rf"{_WORD}|[oli]", re.IGNORECASE)
_NOT_A_PHONE = re.compile(r"(?:\bid|\bmls|\bref|\blic(?:ense)?|\bapn|\bparcel)\b[\s#:.no]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phone:
    """One dialable number."""

    e164: str
    """With ";ext=12" behind it where an extension was given."""
    is_fictitious: bool
    """From the block 555-0100 to 555-0199, which is kept free for fiction and reaches nobody."""


def parse_phone(text: str, *, region: str = "US") -> Phone | None:
    """Read a phone field. ``None`` if its text is no number that could ring.

    :param region: the country whose numbers are written without country code
    """
    digits = spell_out(text[:MAX_FIELD_CHARACTERS])
    if _SPELLED_DIGIT.search(digits):  # else "453five" would be dialled by its letters, as 453-3483
        return next(iter(find_phones(digits, region=region)), None)
    try:
        whole = _accept(phonenumbers.parse(digits, region))
    except NumberParseException:
        whole = None
    return whole or next(iter(find_phones(digits, region=region)), None)


def find_phones(text: str, *, region: str = "US") -> list[Phone]:
    """Every number in running text, in order, each once; at most ``MAX_PHONES``."""
    return list(dict.fromkeys(_matches(spell_out(text[:MAX_TEXT_CHARACTERS]), region)))[:MAX_PHONES]


def can_be_texted(e164: str) -> bool:
    """Whether a number is one of the United States or their territories that may be a mobile.

    Numbers that cost their caller or their owner extra, and the islands that share the country code, are not:
    whoever has us text those earns from it.
    """
    if ";ext=" in e164:
        return False
    number = phonenumbers.parse(e164)
    kind = phonenumbers.number_type(number)
    is_personal = kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return is_personal and phonenumbers.region_code_for_number(number) in _TEXTED_REGIONS


def spell_out(text: str) -> str:
    """Write the spelled digits of a telephone number as digits: "807-453five…", "four one four 555 0123"."""
    return _SPELLED_RUN.sub(_written_out, text)


def _written_out(run: re.Match[str]) -> str:
    written = run.group()
    if not _HIDDEN_DIGIT.search(written):
        return written
    shown = {**_DIGIT_WORDS, **_LOOK_ALIKES}
    digits = re.sub(r"\D", "", _HIDDEN_DIGIT.sub(lambda word: shown[word.group().lower()], written))
    length = 11 if digits.startswith("1") else 10
    return f"{digits[:length]} {digits[length:]}"  # what follows the number may be another one ("… 2 beds")


def _matches(text: str, region: str) -> Iterator[Phone]:
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE):
        phone = _accept(match.number)
        if phone is not None and not _NOT_A_PHONE.search(text[max(0, match.start - 20) : match.start]):
            yield phone


def _accept(number: PhoneNumber) -> Phone | None:
    is_fictitious = _is_fictitious(number)
    if not (is_fictitious or phonenumbers.is_valid_number(number)):
        return None
    extension = f";ext={number.extension}" if number.extension else ""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Phone(f"{e164}{extension}", is_fictitious)


def _is_fictitious(number: PhoneNumber) -> bool:
    """The library's metadata knows some 555 numbers as valid and some not; the block decides, in any real area."""
    digits = str(number.national_number)
    if number.country_code != 1 or len(digits) != 10 or digits[3:8] != "55501":
        return False
    return phonenumbers.is_valid_number(PhoneNumber(country_code=1, national_number=int(f"{digits[:3]}2345678")))
