"""Where a text is personal: telephone numbers, e-mail addresses, house numbers and names, however they are spelt.

Known values are found in every spelling that we know of; besides, whatever has the shape of one is taken for one.
Taking a price for a number costs a model a fact, leaving a number costs a person their privacy: in doubt it is one.
``leads.normalise`` reads the same things for another end, strictly, and stands above this module.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ai.folding import Folded, fold, folded

MOST_DIGITS: Final = 15
"""The longest telephone number in the world (E.164)."""

_DIGITS: Final = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4",
    "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
}  # fmt: skip
_DIGIT_WORD: Final = "|".join(sorted(_DIGITS, key=len, reverse=True))
_SIGN_WORD: Final = "dash|dot|hyphen|minus|point|guion|punto"
_LOOK_ALIKES: Final = {"o": "0", "l": "1", "i": "1"}
_UNIT: Final = re.compile(
    r"(?P<times>double|triple)?(?(times)[ -]{1,2})"
    rf"(?:(?P<word>{_DIGIT_WORD})(?=[^a-z]|$|{_DIGIT_WORD}|{_SIGN_WORD})"
    r"|(?P<digit>\d)|(?P<alike>[oil])(?=[^a-z0-9]{0,3}[0-9oil]))"
)
_GAP: Final = re.compile(rf"(?:[^a-z0-9$]{{0,5}}|[ ]?(?:{_SIGN_WORD})[ ]?)")
_EXTENSION: Final = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension)[ .:]{0,2}\d{1,6}(?!\d)")
# 512-555-0143, (512) 555 0143, +1.512.555.0143, 512,555,0143: three, three and four, whatever stands between.
_SHAPED: Final = re.compile(
    r"(?<![\d$])(?:\+?1[^a-z0-9$]{0,3})?[(\[]?[2-9]\d{2}[^a-z0-9$]{0,4}[2-9]\d{2}[^a-z0-9$]{0,4}\d{4}(?!\d)"
)
_LOCAL: Final = re.compile(r"(?<![\d$.,-])[2-9]\d{2}[ ]?[-.][ ]?\d{4}(?![\d-])")
_FOREIGN: Final = re.compile(r"\+[1-9](?:[^a-z0-9+$,;]{0,3}\d){7,14}(?!\d)")
_PRICE: Final = re.compile(r"\d,\d{3}(?!\d)")
_OTHER_NUMBERS: Final = re.compile(r"(?<!\d)(?:\d{3}-\d{2}-\d{4}|\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,4})(?!\d)")
_POINT: Final = re.compile(r"-?\d{1,2}\.\d{3,}\s*[,;/ ]\s*-?\d{2,3}\.\d{3,}")

_AT: Final = r"(?:\s*@\s*|\s*[\[({<]\s*(?:at|arroba)\s*[\])}>]\s*|\s+(?:at|arroba)\s+)"
_DOT: Final = r"(?:\s*\.\s*|\s*[\[({<]\s*(?:dot|punto)\s*[\])}>]\s*|\s+(?:dot|punto)\s+)"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,40}[a-z0-9])?"
_SPELT_EMAIL: Final = re.compile(
    rf"[a-z0-9][a-z0-9._%+\-]{{0,63}}{_AT}(?:{_LABEL}{_DOT}){{1,3}}[a-z]{{2,10}}(?![a-z0-9])"
)
_PLAIN_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){0,5}")
_SPELT_SIGN: Final = re.compile(r"@|[\[({<]\s*(?:at|arroba|dot|punto)\b|\s(?:dot|punto)\s")

_WAYS: Final = (
    "street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|court|ct|place|pl|boulevard|blvd|circle|cir|way|terrace|ter"
    "|trail|trl|parkway|pkwy|highway|hwy|loop|square|sq|alley|aly|plaza|plz|crossing|xing|cove|cv|ridge|rdg|run|path"
    "|pike|row|point|pt|bend|bnd|creek|hollow|manor|pass|route|rte|broadway"
)
_DIRECTION: Final = r"(?:(?:north|south|east|west|n|s|e|w|ne|nw|se|sw)\.?\s+){0,2}"
_STOPS: Final = (
    r"(?!(?:minutes?|mins?|blocks?|miles?|mi|beds?|bedrooms?|br|baths?|bathrooms?|ba|acres?|sq|sqft|sf|ft|feet|cars?"
    r"|story|stories|years?|yrs?|months?|weeks?|days?|hours?|homes?|houses?|units?|lots?|doors?|from|to|on|off|in|at|the"
    r"|and|or|with|near|of|by|for|a|an|per|k|percent)\b)"
)
_HOUSE: Final = re.compile(
    rf"(?<![\w$.,/-])(?P<number>\d{{1,6}}(?:-[a-z0-9]{{1,5}}|\s?[a-f](?=\s)|\s+1/2)?)(?=[ \t,]+{_DIRECTION}"
    rf"(?:{_STOPS}[a-z0-9'][a-z0-9'.\-]*[ \t]+){{0,3}}?(?:{_STOPS}[a-z0-9'][a-z0-9'.\-]*[ \t]+(?:{_WAYS})"
    rf"|(?:avenue|ave|highway|hwy|route|rte|county road|cr|fm|state road|broadway)\b[ \t.]*\w*)(?![a-z]))"
)
_BOX: Final = re.compile(r"\bp\.?\s?o\.?\s?box\s+(?P<number>\d{1,6})")
_NUMBERED: Final = re.compile(
    r"(?:house|home|casa)\s?(?:number|no\.?|num\.?|#|numero)\s*[:#]?\s*(?P<number>\d{1,6}[a-f]?)\b"
)
_MEASURE: Final = re.compile(
    r"\s?(?:sq|sf|ft|feet|acre|bed|br\b|bath|ba\b|%|percent|k\b|mile|min|year|yr|month|week|day|dollar|usd|,\d{3})"
)

_NAME_WORD: Final = r"[A-ZÀ-ÖØ-Þ][\w'’\-]*[\w]"
_TELLS_A_NAME: Final = (
    r"my name is|name is|ask for|asks? to speak (?:to|with)|speak (?:to|with)|contact name:?|contact:?|call or text"
    r"|text or call|call|text|phone|e-?mail|reach|owner(?: is)?:?|seller(?: is)?:?|sincerely,?|thanks,?|regards,?"
    r"|i am|i'm|this is|me llamo|mi nombre es|llame a|llamar a|pregunte por|contacte a"
)
_TOLD_NAME: Final = re.compile(
    rf"(?i:\b(?:{_TELLS_A_NAME})\s+(?:mr\.?|mrs\.?|ms\.?|dr\.?|sr\.?|sra\.?)?\s*)"
    rf"(?P<name>{_NAME_WORD}(?:[ \t]+[A-Z]\.)?(?:[ \t]+{_NAME_WORD}){{0,2}})"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_NAMES: Final = _words(
    """
    a about account after agent agents all and any anytime at buyer buyers by cash city county day days deed
    direct directly email estate evening evenings fha for friday from fsbo great home homes house i if in
    information is it lease lender listing mls monday my no not now number office on only open or our owner
    owners phone please price property realtor realtors sale saturday seller sellers serious soon street
    sunday text the this thursday time to today tomorrow tonight tuesday until us va we wednesday weekdays
    weekends will with you your
    """
)
_TITLES: Final = _words(
    """
    al and co company corp de del den der dr e estate et family group home homes ii iii inc iv jr la las
    living llc los ltd miss mr mrs ms of or properties property realty revocable sr the trust trustee van
    von y
    """
)
# Names that are words as well: as parts of a name they are hidden where they are written as names are.
_ALSO_WORDS: Final = _words(
    """
    april art august autumn baker banks best bill bishop black bright brook brown case cash chase church
    cliff cook dale dawn day days drew east eve faith field fields ford frank gene glen good grace grant
    gray green grey heath hill hope ivy joy june king knight lake lane less little long love mark marsh may
    moon moore more new newman north page park parks pat post price ray rich river rivers rob rose sharp
    short small south stone strong sue summer wall walls ward west white will wise wood woods young
    """
)
_SHORTEST_ALONE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a text that is personal.

    :ivar kind: "PHONE", "EMAIL", "HOUSE_NUMBER", "NAME", "NUMBER" or "PLACE"
    :ivar same: alike for all spellings of one value
    """

    start: int
    end: int
    kind: str
    same: str


class Known:
    """Values that are known to be personal, ready to be found in texts."""

    def __init__(self, values: Iterable[str]) -> None:
        self.phones: set[str] = set()
        self.patterns: list[tuple[str, str, re.Pattern[str]]] = []
        self.names: set[str] = set()
        for value in values:
            self._take(value.strip())

    def add_name(self, name: str) -> None:
        """Take a text's own word for a name."""
        key = " ".join(_name_words(name))
        if key and key not in self.names:
            self.names.add(key)
            self.patterns += [("NAME", key, pattern) for pattern in _name_patterns(name)]

    def _take(self, value: str) -> None:
        plain = folded(value)
        digits = re.sub(r"\D", "", plain)
        has_letters = bool(re.search(r"[a-z]", re.sub(r"(?:x|ext\.?|extension)\s*\d+$", "", plain)))
        if "@" in plain:
            self.patterns += [("EMAIL", plain, pattern) for pattern in _email_patterns(plain)]
        elif len(digits) >= 7 and not has_letters:
            self.phones.add(digits.removeprefix("1")[:10] if len(digits) >= 10 else digits)
        elif re.match(r"\d", plain) or re.search(r"\bbox\s+\d", plain):
            self.patterns += list(_address_patterns(plain))
        elif plain:
            self.add_name(value)


def find(text: str, known: Known) -> list[Span]:
    """Every personal stretch of a text, in no order; some overlap."""
    shown = fold(text)
    for match in _TOLD_NAME.finditer(text):
        if name := _told(match["name"]):
            known.add_name(name)
    return [*_phones(shown, known), *_emails(shown), *_numbers(shown), *_known(shown, known)]


def _told(name: str) -> str:
    """As much of what follows "call" or "I am" as is a name."""
    said = itertools.takewhile(lambda word: word.lower().strip(".") not in _NO_NAMES, name.split())
    return " ".join(said)


def _span(shown: Folded, start: int, end: int, kind: str, same: str) -> Span:
    begins, ends = shown.span(start, end)
    return Span(start=begins, end=ends, kind=kind, same=same)


# Telephone numbers


@dataclass(frozen=True, slots=True)
class _Unit:
    """A digit, however it is written; "double five" is two."""

    start: int
    end: int
    digits: str


def _phones(shown: Folded, known: Known) -> Iterator[Span]:
    plain = shown.plain
    for run in _runs(plain):
        digits = "".join(unit.digits for unit in run)
        yield from _known_phones(shown, run, digits, known)
        if _is_phone(plain[run[0].start : run[-1].end], digits):
            yield _phone(shown, run[0].start, run[-1].end, digits)
    for pattern in (_SHAPED, _LOCAL, _FOREIGN):
        for match in pattern.finditer(plain):
            yield _phone(shown, match.start(), match.end(), re.sub(r"\D", "", match.group()))


def _phone(shown: Folded, start: int, end: int, digits: str) -> Span:
    if extension := _EXTENSION.match(shown.plain, end):
        end = extension.end()
    return _span(shown, start, end, "PHONE", _same_phone(digits))


def _same_phone(digits: str) -> str:
    return digits[1:11] if digits.startswith("1") and len(digits) >= 11 else digits[:10]


def _is_phone(written: str, digits: str) -> bool:
    """Whether digits that stand together may be a number, when they are not grouped as one."""
    national = digits.removeprefix("1") if len(digits) == 11 else digits
    is_spelt = bool(re.search(r"[a-z]", written))
    if len(digits) == 7 and is_spelt and not re.search(r"\d", written):
        return True
    if not 10 <= len(digits) <= (MOST_DIGITS if is_spelt else 11):
        return False
    return is_spelt or (national[0] not in "01" and len(national) == 10 and not _PRICE.search(written))


def _known_phones(shown: Folded, run: list[_Unit], digits: str, known: Known) -> Iterator[Span]:
    """Known numbers among the digits of a run, whole or without their area code."""
    ends = list(itertools.accumulate(len(unit.digits) for unit in run))
    for number in known.phones:
        for spelt in (f"1{number}", number, number[-7:]):
            for match in re.finditer(f"(?={spelt})", digits):
                first = next(place for place, end in enumerate(ends) if end > match.start())
                last = next(place for place, end in enumerate(ends) if end >= match.start() + len(spelt))
                yield _phone(shown, run[first].start, run[last].end, number)


def _runs(plain: str) -> Iterator[list[_Unit]]:
    """Digits that stand together, seven or more."""
    run: list[_Unit] = []
    for unit in _units(plain):
        if run and not _GAP.fullmatch(plain, run[-1].end, unit.start):
            if len(run) >= 4:
                yield run
            run = []
        run.append(unit)
    if len(run) >= 4:
        yield run


def _units(plain: str) -> Iterator[_Unit]:
    place = 0
    while match := _UNIT.search(plain, place):
        start, place = match.start(), match.end()
        is_inside_a_word = not match["digit"] and start and plain[start - 1].isalpha()
        if is_inside_a_word and not _ends_a_digit(plain, start):
            place = start + 1
            continue
        digit = match["digit"] or _DIGITS.get(match["word"] or "") or _LOOK_ALIKES[match["alike"]]
        yield _Unit(start, place, digit * {"double": 2, "triple": 3}.get(match["times"] or "", 1))


_BEFORE: Final = re.compile(rf"(?:^|[^a-z])(?:{_DIGIT_WORD}|{_SIGN_WORD})+$")


def _ends_a_digit(plain: str, start: int) -> bool:
    """Whether what stands in front is a digit's word too: "fiveonetwo"."""
    return bool(_BEFORE.search(plain, max(0, start - 60), start))


# E-mail addresses


def _emails(shown: Folded) -> Iterator[Span]:
    for match in _PLAIN_EMAIL.finditer(shown.plain):
        yield _span(shown, match.start(), match.end(), "EMAIL", match.group())
    for match in _SPELT_EMAIL.finditer(shown.plain):
        if _SPELT_SIGN.search(match.group()):
            yield _span(shown, match.start(), match.end(), "EMAIL", _plain_email(match.group()))


def _plain_email(spelt: str) -> str:
    return re.sub(r"\s", "", re.sub(_DOT, ".", re.sub(_AT, "@", spelt, count=1)))


def _email_patterns(email: str) -> Iterator[re.Pattern[str]]:
    """A known address with its signs spelt in any way; and its first half alone, where that tells somebody."""
    local, _, domain = email.partition("@")
    signs = {".": _DOT, "_": r"(?:_|\s*underscore\s*)", "-": r"(?:-|\s*(?:dash|hyphen|minus)\s*)"}

    def spelt(part: str) -> str:
        return "".join(signs.get(letter, re.escape(letter)) for letter in part)

    yield re.compile(rf"(?<![a-z0-9]){spelt(local)}{_AT}{spelt(domain)}(?![a-z0-9])")
    if len(local) >= 6 and re.search(r"[\d._-]", local):
        yield re.compile(rf"(?<![a-z0-9]){spelt(local)}(?![a-z0-9])")


# House numbers, places and other numbers


def _numbers(shown: Folded) -> Iterator[Span]:
    for pattern in (_HOUSE, _BOX, _NUMBERED):
        for match in pattern.finditer(shown.plain):
            yield _span(shown, match.start("number"), match.end("number"), "HOUSE_NUMBER", match["number"])
    for match in _OTHER_NUMBERS.finditer(shown.plain):
        yield _span(shown, match.start(), match.end(), "NUMBER", match.group())
    for match in _POINT.finditer(shown.plain):
        yield _span(shown, match.start(), match.end(), "PLACE", match.group())


def _address_patterns(address: str) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """The number of a known address: before its street, and alone where it is long enough to be told by it."""
    found = re.search(r"\d+(?:-\d+)?[a-f]?(?=\s|,|$)|\d+", address)
    if found is None:
        return
    number, rest = found.group(), re.findall(r"[a-z]{3,}|\d+(?:st|nd|rd|th)", address[found.end() :])
    spelt = "|".join([re.escape(number), *(re.escape(words) for words in spellings(number))])
    if rest:
        street = "|".join(map(re.escape, rest[:2]))
        before = rf"(?<![\w$.,])(?:{spelt})(?=\s*,?\s*(?:[a-z0-9.']+\s+){{0,2}}(?:{street})\b)"
        yield "HOUSE_NUMBER", number, re.compile(before)
    digits = re.sub(r"\D", "", number)
    if len(digits) >= _SHORTEST_ALONE:
        yield (
            "HOUSE_NUMBER",
            number,
            re.compile(rf"(?<![\w$.,-]){re.escape(number)}(?![\w]|[.,]\d)(?!{_MEASURE.pattern})"),
        )


_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spellings(number: str) -> list[str]:
    """A house number in words: digit by digit, in pairs and as it is counted."""
    if not number.isdecimal() or len(number) > 5:
        return []
    by_digit = " ".join(_ONES[int(digit)] for digit in number)
    head = number[: len(number) % 2]
    pairs = [*([head] if head else []), *(number[place : place + 2] for place in range(len(head), len(number), 2))]
    in_pairs = " ".join(_below_hundred(int(pair)) for pair in pairs)
    ways = {by_digit, in_pairs, _counted(int(number)), _counted(int(number)).replace("hundred ", "hundred and ")}
    return sorted(ways | {way.replace("-", " ") for way in ways})


def _counted(number: int) -> str:
    if number < 100:
        return _below_hundred(number)
    size, word = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = number % size
    return f"{_counted(number // size)} {word}" + (f" {_counted(rest)}" if rest else "")


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens = _TENS[number // 10 - 2]
    return f"{tens}-{_ONES[number % 10]}" if number % 10 else tens


# Names


def _known(shown: Folded, known: Known) -> Iterator[Span]:
    for kind, same, pattern in known.patterns:
        for match in pattern.finditer(shown.plain):
            if kind == "NAME" and not _is_meant(shown, match):
                continue
            yield _span(shown, match.start(), match.end(), kind, same)


def _is_meant(shown: Folded, match: re.Match[str]) -> bool:
    """Whether a word that is a name's part is written as one, where it could be a word as well."""
    word = match.group()
    if word not in _ALSO_WORDS and len(word) >= _SHORTEST_ALONE:
        return True
    return shown.written(match.start(), match.end())[:1].isupper()


def _name_words(name: str) -> list[str]:
    """The words of a name that name somebody."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", folded(name))
    return [word for word in words if word not in _TITLES]


def _name_patterns(name: str) -> Iterator[re.Pattern[str]]:
    """The whole name in its own and in the other order, its letters drawn apart, and each of its parts."""
    words = _name_words(name)
    if not words:
        return
    between = r"(?:[\W_]+(?:[a-z]\.?[\W_]+)?)"
    orders = {tuple(words), tuple(reversed(words)), (words[0], words[-1]), (words[-1], words[0])}
    for order in sorted(orders) if len(words) > 1 else ():
        yield re.compile(rf"(?<![^\W_]){between.join(map(re.escape, order))}(?![^\W_])")
        yield re.compile(rf"(?<![^\W_]){r'[^a-z0-9]?'.join(map(re.escape, order))}(?![^\W_])")
    for word in words:
        if len(word) > 1:
            yield re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])")
            yield re.compile(rf"(?<![^\W_]){r'[ .*_-]'.join(map(re.escape, word))}(?![^\W_])")
