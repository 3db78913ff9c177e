"""Every problem that the API can answer with: its status, what it means and what to do about it.

The classes that refuse tell it themselves: the docstring says what it means, ``remedy`` what to do. Of what
libraries refuse and of failures outside every view it is told here. A class counts once its module is imported,
which the list of addresses does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from inspect import getdoc
from typing import Any, Final

from rest_framework import exceptions

from aiqleads.core.refusals import Refusal

WHERE: Final = "/problems/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a problem means where one class refuses, and what a caller does about it. Code stands in backticks."""

    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProblem:
    """One ``code`` with its HTTP status; more than one reading where several classes share it."""

    code: str
    status: int
    readings: tuple[Reading, ...]

    @property
    def type(self) -> str:
        """What problem documents name it by, which is the path of its page."""
        return f"{WHERE}{self.code}"

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def document(self) -> dict[str, Any]:
        """What a program is told of it."""
        told = [{"meaning": one.meaning, "remedy": one.remedy} for one in self.readings]
        return {"type": self.type, "title": self.title, "status": self.status, "code": self.code, "readings": told}


_OF_LIBRARIES: Final[dict[tuple[str, int], tuple[str, str]]] = {
    ("bad_request", 400): (
        "The request cannot be read: a header, a host name or a charset that nobody uses.",
        "Send HTTP as the guide shows it, in UTF-8.",
    ),
    ("invalid", 400): (
        "Fields are missing or hold what they cannot. `errors` says which and why.",
        "Mend each field that `errors` names and send the request again.",
    ),
    ("parse_error", 400): (
        "The body is no JSON.",
        "Send one JSON document in UTF-8, without halves of characters.",
    ),
    ("not_authenticated", 401): (
        "The address is for members, and the request named nobody.",
        "Send `Authorization: Bearer` with an access token or a personal API key.",
    ),
    ("authentication_failed", 401): (
        "The credential opens nothing: it is malformed, revoked, or its user is gone.",
        "Get another token or key, and send it once more.",
    ),
    ("token_not_valid", 401): (
        "The token is not ours, has expired, was used before or was revoked.",
        "Trade the refresh token at `auth/token/refresh/`; where that is refused too, log in again.",
    ),
    ("user_not_found", 401): ("The token's user is gone.", "Log in again."),
    ("user_inactive", 401): ("The token's user was shut out.", "Ask an owner of the organisation, or us."),
    ("no_active_account", 401): (
        "No account goes with this e-mail address and password.",
        "Type both again, or have the password set anew.",
    ),
    ("permission_denied", 403): ("The caller may not do this.", "Ask somebody whose role allows it."),
    ("not_found", 404): (
        "Nothing is at this address, or nothing that the caller may see.",
        "Look at the id; fetch the list that it came from.",
    ),
    ("method_not_allowed", 405): (
        "The address exists and does not take this method.",
        "Use one of those that the `Allow` header names.",
    ),
    ("not_acceptable", 406): (
        "The address speaks none of the languages in `Accept`.",
        "Accept `application/json`, and `text/csv` for tables.",
    ),
    ("unsupported_media_type", 415): (
        "The body is in a language that the address does not read.",
        "Send `Content-Type: application/json`.",
    ),
    ("throttled", 429): (
        "More requests came than the limit allows.",
        "Wait as many seconds as `Retry-After` says, then go on more slowly.",
    ),
    ("error", 500): (
        "Something broke on our side, and we were told. Whether it was done is not known.",
        "Look whether it was done; with an `Idempotency-Key` simply send it again.",
    ),
    ("busy", 503): (
        "Many want the same rows at one moment. Nothing was changed.",
        "Send the same request again after `Retry-After`.",
    ),
    ("away", 503): (
        "The database was away while the request ran.",
        "Look whether it was done; with an `Idempotency-Key` simply send it again.",
    ),
}


def known_problems() -> dict[str, KnownProblem]:
    """Every problem by its code: by status, then in the alphabet."""
    found: dict[tuple[int, str], list[Reading]] = {}
    for (code, status), (meaning, remedy) in _OF_LIBRARIES.items():
        found.setdefault((status, code), []).append(Reading(meaning=meaning, remedy=remedy))
    for status, code, reading in _told_by_classes():
        readings = found.setdefault((status, code), [])
        if reading not in readings:
            readings.append(reading)
    return {
        code: KnownProblem(code=code, status=status, readings=tuple(readings))
        for (status, code), readings in sorted(found.items())
    }


def _told_by_classes() -> Iterator[tuple[int, str, Reading]]:
    refusals: list[type[Refusal]] = [Refusal, *_below(Refusal)]
    for refusal in refusals:
        yield int(refusal.status), refusal.code, _reading(refusal, refusal.remedy)
    for error in _below(exceptions.APIException):
        if remedy := getattr(error, "remedy", ""):
            yield error.status_code, str(error.default_code), _reading(error, remedy)


def _below(ancestor: type) -> Iterator[type[Any]]:
    """Every class that descends from ``ancestor``, in the order they were written."""
    for child in ancestor.__subclasses__():
        yield child
        yield from _below(child)


def _reading(told_by: type, remedy: str) -> Reading:
    meaning = " ".join((getdoc(told_by) or "").partition("\n\n:")[0].split())
    return Reading(meaning=re.sub("``([^`]+)``", r"`\1`", meaning), remedy=remedy)
