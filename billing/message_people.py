"""Whom a provider's message names: read out of the JSON that came, for whoever asks what is held about them.

Nothing else reads a message's contents: what it leads to is fetched from the provider.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from accounts.privacy.people import Person

_EMAIL: Final = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")
_PHONE: Final = re.compile(r"\+?[\d\s().-]{7,24}")
_OPENS_SOMETHING: Final = ("client_secret", "url", "href", "invoice_pdf")
"""Members that let whoever knows them into a page or a payment: nobody is told them."""


def names(raw: bytes, person: Person) -> bool:
    """Whether an e-mail address or a telephone of theirs stands in it.

    :param raw: as it came
    """
    return bool(raw) and _knows(_texts(_read(raw)), _hashes(person))


def parts_about(raw: bytes, person: Person) -> list[tuple[str, str]]:
    """Where something stands and what, of each object that holds an address or a number of theirs itself: a payer
    with their name, an address for a delivery.
    """
    return list(_parts(_read(raw), "", _hashes(person)))


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None  # it was refused when it came


def _hashes(person: Person) -> set[str]:
    return {one for mark in person.marks() for one in mark.hashes}


def _knows(texts: Iterable[str], known: set[str]) -> bool:
    emails: set[str] = set()
    phones: set[str] = set()
    for text in texts:
        emails.update(_EMAIL.findall(text) if "@" in text else ())
        phones.update([text] if _PHONE.fullmatch(text) else ())
    return bool(known and known & _hashes(Person.of(emails=emails, phones=phones)))


def _texts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    for _, one in _members(told):
        yield from _texts(one)


def _parts(told: Any, path: str, known: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(told, dict) and _knows((one for one in told.values() if isinstance(one, str)), known):
        yield from _leaves(told, path)
        return
    for name, one in _members(told):
        yield from _parts(one, f"{path}.{name}".lstrip("."), known)


def _leaves(told: Any, path: str) -> Iterator[tuple[str, str]]:
    for name, one in _members(told):
        if name not in _OPENS_SOMETHING:
            yield from _leaves(one, f"{path}.{name}".lstrip("."))
    if not isinstance(told, dict | list) and told not in (None, ""):
        yield path, str(told)


def _members(told: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(told, dict):
        return told.items()
    return enumerate(told) if isinstance(told, list) else ()
