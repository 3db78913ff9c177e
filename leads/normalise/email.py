"""E-mail addresses, also when they are written to hide from programs ("name at example dot com")."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_TEXT_CHARACTERS = 20_000
MAX_EMAILS = 10

_AT = r"(?:\s*@\s*|\s*[\[({]\s*at\s*[\])}]\s*|\s+at\s+)"
_DOT = r"(?:\s*\.\s*|\s*[\[({]\s*dot\s*[\])}]\s*|\s+dot\s+)"
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,40}[a-z0-9])?"
_TOP = r"(?:com|net|org|edu|gov|us|info|biz|co|io|me|ca|mx|example|test|homes|realty|house|email)"
_SPACED = re.compile(
    rf"([a-z0-9][a-z0-9._%+\-]{{0,63}}){_AT}((?:{_LABEL}{_DOT}){{1,3}}{_TOP})(?![a-z0-9])", re.IGNORECASE
)
_PLAIN = re.compile(r"[a-z0-9._%+\-]{1,64}@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){1,5}", re.IGNORECASE)
_HIDDEN_SIGN = re.compile(_DOT, re.IGNORECASE)


def find_emails(text: str) -> list[str]:
    """Every address in the text, lower case, in order, each once; at most ``MAX_EMAILS``."""
    source = text[:MAX_TEXT_CHARACTERS]
    found = [(match.start(), match.group()) for match in _PLAIN.finditer(source)]
    found += [
        (match.start(), f"{match.group(1)}@{_HIDDEN_SIGN.sub('.', match.group(2))}")
        for match in _SPACED.finditer(source)
        if _is_deliberate(match.group())
    ]
    candidates = (address.lower().strip(".-") for _, address in sorted(found))
    return list(dict.fromkeys(address for address in candidates if _is_address(address)))[:MAX_EMAILS]


def _is_deliberate(text: str) -> bool:
    """ "look at example.com" is a sentence; an address shows "@", a bracket or a spelled dot."""
    return "@" in text or bool(re.search(r"[\[({]|\sdot\s", text, re.IGNORECASE))


def _is_address(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True
