"""Codes that work once: an app's digits (RFC 6238), the sheet of recovery codes, and how people type them."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

SEED_BYTES: Final = 20
DIGITS: Final = 6
STEP_SECONDS: Final = 30
STEP: Final = timedelta(seconds=STEP_SECONDS)
STEPS_AROUND: Final = 1
"""Half a minute before and after is taken too: telephones are slow, and so are people."""
RECOVERY_CODES: Final = 10
ISSUER: Final = "AIQLeads"
_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""None that is read as another; ten of them are 49 bits."""


def new_seed() -> str:
    """What an app and the server share: 160 bits in base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()


def address_of(seed: str, *, email: str) -> str:
    """The ``otpauth://`` address that apps read from the picture."""
    label = quote(f"{ISSUER}:{email}")
    told = {"secret": seed, "issuer": ISSUER, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(told)}"


def in_groups(seed: str) -> str:
    """The seed for whoever types it: groups of four."""
    return " ".join(seed[start : start + 4] for start in range(0, len(seed), 4))


def digits_at(seed: str, moment: datetime) -> str:
    """What an app shows at ``moment``."""
    return f"{_clock_of(seed, moment).token():0{DIGITS}d}"


def matching_step(seed: str, typed: str, *, at: datetime, after: int) -> int | None:
    """The half minute around ``at`` whose digits were typed, or None; never ``after`` or one before it."""
    digits = as_typed(typed)
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    shown = _clock_of(seed, at)
    if not shown.verify(int(digits), tolerance=STEPS_AROUND, min_t=after + 1):
        return None
    return int(shown.t())


def _clock_of(seed: str, moment: datetime) -> TOTP:
    made = TOTP(base64.b32decode(seed), step=STEP_SECONDS, digits=DIGITS)
    made.time = moment.timestamp()
    return made


def new_recovery_codes() -> list[str]:
    """A sheet of codes as they are shown: ``ABCDE-FGHJK``."""
    return [f"{_five_letters()}-{_five_letters()}" for _ in range(RECOVERY_CODES)]


def _five_letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def as_typed(code: str) -> str:
    """A code without what people put between its characters, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def is_apps(code: str) -> bool:
    """Whether a code looks like an app's; others are recovery codes. So a slip in one wears the other out never."""
    plain = as_typed(code)
    return plain.isdigit() and len(plain) <= DIGITS + 2
