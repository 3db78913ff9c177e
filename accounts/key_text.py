"""How the text of an API key is made: recognisable by its beginning, and by a sum that scanners can check.

``aiq_`` + 8 characters that name it + 32 of secret + 6 of CRC-32 over all before: 50 characters, which a scanner of
leaked secrets finds by ``aiq_[0-9A-Za-z]{46}`` and knows from chance by the sum, offline.
"""

import re
import secrets
import string
import zlib
from typing import Final

MARK: Final = "aiq_"
ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX_LENGTH: Final = 8
SECRET_LENGTH: Final = 32
SUM_LENGTH: Final = 6
PATTERN: Final = re.compile(r"aiq_[0-9A-Za-z]{46}")


def new() -> str:
    """A key that nobody has: 190 bits of chance in its secret part."""
    chance = "".join(secrets.choice(ALPHABET) for _ in range(PREFIX_LENGTH + SECRET_LENGTH))
    return f"{MARK}{chance}{_sum(MARK + chance)}"


def prefix_of(text: str) -> str:
    """The part that names the key and may be shown."""
    return text[len(MARK) : len(MARK) + PREFIX_LENGTH]


def is_whole(text: str) -> bool:
    """Whether this is the text of a key, whoever made it: asks no database."""
    return bool(PATTERN.fullmatch(text)) and text[-SUM_LENGTH:] == _sum(text[:-SUM_LENGTH])


def _sum(text: str) -> str:
    rest, digits = zlib.crc32(text.encode()), ""
    for _ in range(SUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
