"""Public writes about privacy requests: take one, confirm it, and every step until it is closed.

Nothing here tells whether we hold anything about anybody: whoever asks is answered alike. What is held is looked
for by ``privacy_outcomes``, in another process. Which step may follow which, and by when, the database says.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import IdentityCode, PrivacyLink, PrivacyRequest
from accounts.models.privacy import CLOSED, NEEDS_IDENTITY
from accounts.privacy import errors
from accounts.privacy.events import PrivacyRequestMoved, PrivacyRequestReady, PrivacyRequestReceived
from accounts.privacy.people import Person
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes

Kind = PrivacyRequest.Kind
State = PrivacyRequest.State

LETTERS_PER_DAY: Final = 3
"""To one address, about requests that somebody sent in its name; what waits is confirmed the day after."""
LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Those that nobody takes for another over the telephone."""
MOVED_MEANWHILE: Final = "The request moved on meanwhile. Nothing was changed; look at it again."


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked:
    """What somebody wrote into the form.

    :ivar said: name, emails, phones, address and details; ``corrections`` by ``name``, ``phone``, ``email`` and
        ``address``; ``report`` with channel and when; ``agent`` with the name of who asks for somebody else
    """

    kind: str
    language: str
    answer_to: str
    said: Mapping[str, Any]
    state_code: str = ""
    is_covered_person: bool = False
    is_by_agent: bool = False
    has_privacy_signal: bool = False


@transactions.write
def take_request(*, asked: Asked) -> PrivacyRequest:
    """Keep what somebody asks and have them written to. While it is open, the very same again is no other."""
    words = json.dumps([asked.kind, asked.answer_to, dict(asked.said)], sort_keys=True)
    before = _open().filter(said_hash__in=keyed_hashes(words, purpose="privacy_request.said")).first()
    request = before or _keep(asked, keyed_hash(words, purpose="privacy_request.said"))
    events.publish(PrivacyRequestReceived(request_id=request.pk))
    return request


def _keep(asked: Asked, said_hash: str) -> PrivacyRequest:
    try:
        with transaction.atomic():
            request = PrivacyRequest.objects.create(
                reference=_new_reference(),
                kind=asked.kind,
                language=asked.language,
                state_code=asked.state_code,
                is_covered_person=asked.is_covered_person,
                is_by_agent=asked.is_by_agent,
                has_privacy_signal=asked.has_privacy_signal,
                said=dict(asked.said),
                said_hash=said_hash,
                answer_to=asked.answer_to,
                answer_hash=keyed_hash(asked.answer_to.lower(), purpose="email"),
            )
    except IntegrityError:  # the same form, sent twice at once
        return _open().get(said_hash=said_hash)
    audit.record(
        actor_id=None, action="privacy_request.received", subject=request, kind=asked.kind, state=asked.state_code
    )
    return request


def _new_reference() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _open() -> QuerySet[PrivacyRequest]:
    return PrivacyRequest.objects.exclude(state__in=CLOSED)


def person_of(request: PrivacyRequest) -> Person:
    """Whom a request is about, as they say themselves. Unproven."""
    said = request.said or {}
    return Person.of(
        emails=said.get("emails", ()),
        phones=said.get("phones", ()),
        names=filter(None, [said.get("name", "")]),
        addresses=filter(None, [said.get("address", "")]),
    )


def proven_person(request: PrivacyRequest) -> Person:
    """What of a request's person was proven to be theirs: by a code the address it reached, and nothing else.

    A name or an address that somebody typed beside their own e-mail would lead to another's data.
    """
    return Person.from_document(request.proven or {})


@transactions.write
def mint_link(*, request_id: UUID, is_limited: bool = False) -> str | None:
    """A secret link for a letter, of which only the keyed hash is kept.

    :param is_limited: None is returned where the address got ``LETTERS_PER_DAY`` letters with links already
    """
    request = PrivacyRequest.objects.get(pk=request_id)
    if is_limited:
        yesterday = clock.now() - timedelta(days=1)
        letters = PrivacyLink.objects.filter(request__answer_hash=request.answer_hash, made_at__gt=yesterday)
        if letters.count() >= LETTERS_PER_DAY:
            return None
    token = secrets.token_urlsafe(32)
    PrivacyLink.objects.create(request=request, token_hash=keyed_hash(token, purpose="privacy_link"))
    return token


def find_by_link(token: str) -> PrivacyRequest:
    """:raises LinkUnusable: the link was changed, or its request is deleted"""
    hashes = keyed_hashes(token[:100], purpose="privacy_link")
    link = PrivacyLink.objects.select_related("request").filter(token_hash__in=hashes).first()
    if link is None:
        raise errors.LinkUnusable("This link cannot be used.")
    return link.request


@transactions.write
def note_acknowledged(*, request_id: UUID) -> PrivacyRequest:
    """Note that the person was written to; what needs no proof is carried out then. Again is the same as once."""
    request = locked(request_id)
    if request.state == State.RECEIVED:
        move(request, State.ACKNOWLEDGED)
        if request.kind in NEEDS_IDENTITY:
            move(request, State.AWAITING_IDENTITY)
        else:
            events.publish(PrivacyRequestReady(request_id=request.pk))
    return request


@transactions.write
def withdraw_request(*, request_id: UUID) -> PrivacyRequest:
    """Its person takes a request back. Again is the same as once.

    :raises RequestMoved: it is being carried out, or was closed otherwise
    """
    request = locked(request_id)
    if request.state == State.WITHDRAWN:
        return request
    require_state(request, State.RECEIVED, State.ACKNOWLEDGED, State.AWAITING_IDENTITY, State.VERIFIED)
    move(request, State.WITHDRAWN, tells=True)
    return request


@transactions.write
def refuse_request(*, request_id: UUID, refusal: str, actor_id: int) -> PrivacyRequest:
    """Close a request without doing what it asks, for one of the reasons that the law knows.

    :raises RequestMoved: it is closed
    """
    request = locked(request_id)
    require_state(request, *(state for state in State if state not in CLOSED))
    request.refusal, request.decided_by_id = refusal, actor_id
    move(request, State.REFUSED, actor_id=actor_id, tells=True, also=("refusal", "decided_by"), refusal=refusal)
    return request


@transactions.write
def extend_request(*, request_id: UUID, because: str, actor_id: int) -> PrivacyRequest:
    """Take 45 days more, once, and tell the person why.

    :raises RequestMoved: the law gives no more time for it, or it was extended before
    """
    request = locked(request_id)
    before = request.complete_by
    request.extended_at, request.extended_because = clock.now(), because
    if not request.is_open:
        raise errors.RequestMoved(MOVED_MEANWHILE)
    try:
        with transaction.atomic():
            request.save(update_fields=["extended_at", "extended_because"])
    except IntegrityError as error:
        raise errors.RequestMoved("The law gives no more time for this request.") from error
    request.refresh_from_db()
    events.publish(PrivacyRequestMoved(request_id=request.pk, step="extended"))
    audit.record(
        actor_id=actor_id,
        action="privacy_request.extended",
        subject=request,
        because=because,
        complete_by=[before and before.isoformat(), request.complete_by and request.complete_by.isoformat()],
    )
    return request


@transactions.write
def verify_by_operator(*, request_id: UUID, how: str, actor_id: int) -> PrivacyRequest:
    """Note that an operator made sure who asks, and that an agent may ask for them: everything they said is theirs.

    :param how: what made the operator sure, in a word for the audit trail
    :raises RequestMoved: it does not wait for that
    """
    request = locked(request_id)
    if not waits_for_identity(request):
        raise errors.RequestMoved(MOVED_MEANWHILE)
    request.decided_by_id = actor_id
    prove(request, person_of(request), by=PrivacyRequest.Proof.OPERATOR, how=how, actor_id=actor_id)
    return request


def prove(request: PrivacyRequest, person: Person, *, by: str, how: str = "", actor_id: int | None = None) -> None:
    """Note what is proven, and have the request carried out. Joins the caller's transaction."""
    request.proven, request.proven_by = person.document(), by
    proof = ("proven", "proven_by", "decided_by")
    if request.state == State.AWAITING_IDENTITY:
        move(request, State.VERIFIED, actor_id=actor_id, tells=True, also=proof, by=by, how=how)
        events.publish(PrivacyRequestReady(request_id=request.pk))
        return
    request.save(update_fields=proof)
    audit.record(actor_id=actor_id, action="privacy_request.verified", subject=request, by=by, how=how)


def waits_for_identity(request: PrivacyRequest) -> bool:
    """Whether a proof of identity would still change something: for reports it names the buyers."""
    is_report = request.kind == Kind.REPORT and request.is_open
    return not request.proven_by and (request.state == State.AWAITING_IDENTITY or is_report)


def expire_requests() -> int:
    """Close what nobody proved their identity for in time; return how many. Safe to run twice."""
    late = _open().filter(state=State.AWAITING_IDENTITY, complete_by__lt=clock.Now())
    return sum(_expire(request_id=pk) for pk in late.values_list("pk", flat=True))


@transactions.write
def _expire(*, request_id: UUID) -> bool:
    request = locked(request_id)
    if request.state != State.AWAITING_IDENTITY or (request.complete_by and request.complete_by > clock.now()):
        return False
    move(request, State.EXPIRED, tells=True)
    return True


def requests_to_confirm() -> Sequence[UUID]:
    """What nobody was written about yet: the mail was away, or the address had its letters of the day."""
    hour_ago = clock.now() - timedelta(hours=1)
    waiting = PrivacyRequest.objects.filter(state=State.RECEIVED, received_at__lt=hour_ago)
    return list(waiting.order_by("received_at").values_list("pk", flat=True)[:500])


@transactions.write
def forget_typed_addresses() -> int:
    """Empty what was typed to get a code, a day later. Safe to run twice."""
    yesterday = clock.now() - timedelta(days=1)
    return IdentityCode.objects.filter(asked_at__lt=yesterday, address__isnull=False).update(address=None)


def locked(request_id: UUID) -> PrivacyRequest:
    """The request, which nobody else changes until the caller's transaction ends."""
    return PrivacyRequest.objects.select_for_update().get(pk=request_id)


def require_state(request: PrivacyRequest, *states: str) -> None:
    """:raises RequestMoved: it is in none of ``states``"""
    if request.state not in states:
        raise errors.RequestMoved(MOVED_MEANWHILE, state=request.state)


def move(
    request: PrivacyRequest,
    state: str,
    *,
    actor_id: int | None = None,
    tells: bool = False,
    also: Sequence[str] = (),
    **details: Any,
) -> None:
    """Take one step. Joins the caller's transaction.

    :param tells: whether its person is written to
    :param also: further columns to save
    """
    request.state = state
    request.save(update_fields=["state", *also])
    request.refresh_from_db()
    if tells:
        events.publish(PrivacyRequestMoved(request_id=request.pk, step=state))
    audit.record(actor_id=actor_id, action=f"privacy_request.{state}", subject=request, **details)
