"""What somebody writes to us by e-mail: a word to be left alone, or a request about their data. No more is heard.

A sender's address proves nothing: anybody can write it. So a letter can only close, which is the side that harms
nobody's privacy: the channels of the address that it names. Whatever discloses or erases is a request as the form
makes one: its letter goes to that address, and whoever reads it there still proves by a code who they are. Whether
our server vouched for the sender is noted for whoever looks into a complaint; it opens nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.models import PrivacyRequest
from accounts.privacy.request_words import asked_for, language_of
from accounts.services import opt_outs, privacy
from aiqleads.core import transactions
from aiqleads.core.inbound_mail import Letter
from aiqleads.core.personal_data import keyed_hash
from aiqleads.core.throttles import Limit, count

REQUESTS_OF_A_DAY: Final = 5
"""By mail from one address: as forms are limited, so that nobody's desk is filled in somebody else's name."""
_DAY_SECONDS: Final = 24 * 3600
_ANSWERS: Final = re.compile(r"\s*(?:re|fwd?|rv|aw|wg)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a letter came to."""

    is_left_alone: bool = False
    request_ids: tuple[UUID, ...] = ()


def hear_letter(letter: Letter) -> Heard:
    """Do what a letter asks. The same letter again is the same as once.

    What a machine wrote asks for nothing, whatever it says.
    """
    if letter.is_automatic:
        return Heard()
    said = letter.words if _ANSWERS.match(letter.subject) else f"{letter.subject}\n\n{letter.words}"
    kinds = [kind for kind in asked_for(said) if not _is_too_many(letter.sender)]
    with transactions.joined():
        return _hear(letter, said, kinds)


@transactions.write
def _hear(letter: Letter, said: str, kinds: Sequence[PrivacyRequest.Kind]) -> Heard:
    name = keyed_hash(f"{letter.sender}\0{letter.id}", purpose="inbound_letter")
    is_left_alone = any(
        opt_outs.hear_reply(
            words=words, message_id=name, email=letter.sender, is_authenticated=letter.is_authenticated
        )
        for words in _readings(letter, said)
    )
    requests = [_take(kind, letter, said).pk for kind in kinds]
    return Heard(is_left_alone=is_left_alone, request_ids=tuple(requests))


def _readings(letter: Letter, said: str) -> list[str]:
    """A word alone counts as the whole of the letter, of its first line, or of its subject."""
    first = letter.words.partition("\n")[0]
    subject = "" if _ANSWERS.match(letter.subject) else letter.subject
    return [words for words in dict.fromkeys([said, letter.words, first, subject]) if words.strip()]


def _is_too_many(sender: str) -> bool:
    caller = keyed_hash(sender, purpose="inbound_letter.sender")
    limit = Limit(name="inbound_letters", caller=caller, most=REQUESTS_OF_A_DAY, seconds=_DAY_SECONDS)
    return bool(count([limit]).wait_seconds)


def _take(kind: PrivacyRequest.Kind, letter: Letter, said: str) -> PrivacyRequest:
    """The request as the form would make it of the address alone: no name, home or number that a letter tells."""
    asked = privacy.Asked(
        kind=kind,
        language=language_of(said),
        answer_to=letter.sender,
        said={"name": "", "emails": [letter.sender], "phones": [], "address": "", "details": ""},
    )
    return privacy.take_request(asked=asked)
