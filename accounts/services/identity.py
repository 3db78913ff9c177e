"""Public writes about proving who asks: codes to addresses that we hold, and papers for an operator.

Who asks for a code learns nothing from the answer. Whether we hold the address is found out where the code is sent:
only its owner sees which letter comes. Six digits are few, so what is limited is how often anybody guesses.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import IdentityCode, IdentityDocument, PrivacyRequest
from accounts.privacy import errors, holders
from accounts.privacy.events import IdentityCodeAsked
from accounts.privacy.people import Person
from accounts.services import privacy
from aiqleads.core import audit, clock, events, text_messages, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes

Channel = IdentityCode.Channel

DIGITS: Final = 6
TRIES: Final = 5
CODE_LASTS: Final = timedelta(minutes=15)
CODES_A_DAY: Final = 3
"""For one request, and to one address whoever asks; of the latter nobody is told: it may be another's."""
WAIT_BETWEEN: Final = timedelta(seconds=30)
MAX_DOCUMENTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """What goes to an address that somebody typed; ``digits`` is "" where we hold nothing under it."""

    request: PrivacyRequest
    channel: str
    address: str
    digits: str


class _Outcome(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    TOO_OLD = "too old"
    TOO_OFTEN = "too often"
    TOO_LATE = "too late"


@transactions.write
def ask_for_code(*, request_id: UUID, typed: str) -> IdentityCode:
    """Have a code sent to an e-mail address or telephone that we may hold; those before it count no more.

    :raises IdentityRefused: neither of both, too soon, ``CODES_A_DAY`` went out, or nothing waits for one
    """
    request = privacy.locked(request_id)
    if not privacy.waits_for_identity(request) or request.is_by_agent:
        raise errors.IdentityRefused(_("No code is needed for this request."))
    channel, address = _read(typed)
    asked = request.codes.order_by("-asked_at")
    if asked and asked[0].asked_at > clock.now() - WAIT_BETWEEN:
        raise errors.IdentityRefused(_("Please wait half a minute before you ask for another code."))
    if asked.filter(asked_at__gt=clock.now() - timedelta(days=1)).count() >= CODES_A_DAY:
        raise errors.IdentityRefused(
            _("We send at most three codes a day. Try again tomorrow, or show us a document instead.")
        )
    code = IdentityCode.objects.create(
        request=request, channel=channel, address=address, address_hash=keyed_hash(address, purpose=channel)
    )
    events.publish(IdentityCodeAsked(code_id=code.pk))
    audit.record(actor_id=None, action="identity_code.asked", subject=request, channel=channel)
    return code


def _read(typed: str) -> tuple[str, str]:
    """:raises IdentityRefused: neither an e-mail address nor a telephone number that can be texted now"""
    person = Person.of(emails=[typed]) if "@" in typed else Person.of(phones=[typed])
    for address in person.emails:
        return Channel.EMAIL, address
    for number in person.phones:
        if not text_messages.is_available():
            raise errors.IdentityRefused(
                _("We cannot send text messages at the moment. Enter an e-mail address, or show us a document."),
                field="address",
            )
        return Channel.SMS, number
    raise errors.IdentityRefused(
        _("Enter an e-mail address, or a US phone number with its area code."), field="address"
    )


def issue_code(*, code_id: UUID) -> Letter | None:
    """Make the digits of a code that was asked for, if we hold its address. Again makes others: the last count.

    :return: None where nothing is to be sent: nobody waits any more, the address had its letters of the day, or a
        number that we do not hold
    """
    asked = IdentityCode.objects.select_related("request").filter(pk=code_id).first()
    if asked is None or asked.address is None or not _is_newest(asked):
        return None
    is_held = _is_held(asked.channel, asked.address)  # outside the transaction: it asks every holder
    digits = _issue(code_id=code_id, is_held=is_held)
    if digits is None or (not digits and asked.channel == Channel.SMS):
        return None
    return Letter(request=asked.request, channel=asked.channel, address=asked.address, digits=digits)


def _is_newest(code: IdentityCode) -> bool:
    return not IdentityCode.objects.filter(request=code.request_id, asked_at__gt=code.asked_at).exists()


def _is_held(channel: str, address: str) -> bool:
    """Whether somebody whom we hold can be reached at exactly this address."""
    person = Person.of(emails=[address]) if channel == Channel.EMAIL else Person.of(phones=[address])
    ways = (
        (holder, way)
        for holder in holders.everywhere()
        for held in holder.find(person)
        for way in held.ways
        if way.channel == channel
    )
    return any(holder.reach(way.handle) == (channel, address) for holder, way in ways)


@transactions.write
def _issue(*, code_id: UUID, is_held: bool) -> str | None:
    """The digits; "" where nothing is held there; None where the address had its letters of the day."""
    code = IdentityCode.objects.select_for_update().get(pk=code_id)
    yesterday = clock.now() - timedelta(days=1)
    sent = IdentityCode.objects.filter(address_hash=code.address_hash, sent_at__gt=yesterday).exclude(pk=code.pk)
    if code.used_at or sent.count() >= CODES_A_DAY:
        return None
    digits = "".join(secrets.choice("0123456789") for _digit in range(DIGITS)) if is_held else ""
    code.sent_at, code.code_hash = clock.now(), _hash(code, digits) if digits else ""
    code.save(update_fields=["sent_at", "code_hash"])
    return digits


def try_code(*, request_id: UUID, typed: str) -> PrivacyRequest:
    """Prove with the digits of a letter or a text who asks.

    :raises IdentityRefused: not these, too old, or tried too often
    """
    outcome = _try(request_id=request_id, typed=typed)
    if outcome is _Outcome.WRONG:
        raise errors.IdentityRefused(_("This is not the code we sent last."), field="code")
    if outcome is _Outcome.TOO_OLD:
        raise errors.IdentityRefused(_("This code is older than 15 minutes. Have a new one sent."), field="code")
    if outcome is _Outcome.TOO_OFTEN:
        raise errors.IdentityRefused(_("Too many wrong codes. Have a new one sent."), field="code")
    if outcome is _Outcome.TOO_LATE:
        raise errors.IdentityRefused(_("No code is needed for this request."))
    return PrivacyRequest.objects.get(pk=request_id)


@transactions.write
def _try(*, request_id: UUID, typed: str) -> _Outcome:
    """What comes of it. A refusal is no exception here: the wrong try has to be kept."""
    request = privacy.locked(request_id)
    code = request.codes.order_by("-asked_at", "-pk").first()
    if not privacy.waits_for_identity(request):
        return _Outcome.TOO_LATE
    if code is None or code.wrong_tries >= TRIES:
        return _Outcome.TOO_OFTEN
    if code.asked_at < clock.now() - CODE_LASTS or code.address is None:
        return _Outcome.TOO_OLD  # reckoned alike for codes that were never sent
    given = keyed_hashes(f"{code.pk} {typed}", purpose="identity_code")
    if not any(hmac.compare_digest(code.code_hash, one) for one in given):
        code.wrong_tries += 1
        code.save(update_fields=["wrong_tries"])
        audit.record(actor_id=None, action="identity_code.wrong", subject=request, tries=code.wrong_tries)
        return _Outcome.WRONG
    is_email = code.channel == Channel.EMAIL
    person = Person.of(emails=[code.address]) if is_email else Person.of(phones=[code.address])
    code.used_at, code.address = clock.now(), None
    code.save(update_fields=["used_at", "address"])
    privacy.prove(request, person, by=PrivacyRequest.Proof.CODE)
    return _Outcome.RIGHT


def _hash(code: IdentityCode, digits: str) -> str:
    return keyed_hash(f"{code.pk} {digits}", purpose="identity_code")


@transactions.write
def bring_document(*, request_id: UUID, media_type: str, body: bytes) -> IdentityDocument:
    """Keep a file that shows an operator who asks, encrypted, until that is decided.

    :param body: examined before, and drawn anew where it is a picture
    :raises DocumentRefused: there are ``MAX_DOCUMENTS``, or it is decided
    """
    request = privacy.locked(request_id)
    if not privacy.waits_for_identity(request):
        raise errors.DocumentRefused(_("No document is needed for this request."))
    if request.documents.count() >= MAX_DOCUMENTS:
        raise errors.DocumentRefused(_("We have three files of yours already."), field="document")
    document = IdentityDocument.objects.create(
        request=request, media_type=media_type, body=base64.b64encode(body).decode(), size_bytes=len(body)
    )
    audit.record(actor_id=None, action="identity_document.brought", subject=request, size_bytes=len(body))
    return document
