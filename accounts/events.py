"""What happened to people. Ids alone."""

from enum import StrEnum
from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("refresh_token.reused")
class RefreshTokenReused(DomainEvent):
    """A used refresh token came again: somebody has a copy. Its log-in was ended; the owner is told."""

    session_id: UUID


@dataclass_event("people.suppressed")
class PeopleSuppressed(DomainEvent):
    """Somebody must not be sold or kept any more; ``hashes`` are keyed, under every key."""

    hashes: list[str]


@dataclass_event("people.left_alone", is_urgent=True)
class PeopleLeftAlone(DomainEvent):
    """Somebody asked not to be contacted any more; ``hashes`` are keyed, under every key."""

    hashes: list[str]


@dataclass_event("person.erased")
class PersonErased(DomainEvent):
    """Every holder has done its part of an erasure."""

    erasure_id: UUID


@dataclass_event("member.stopped_buying")
class MemberStoppedBuying(DomainEvent):
    """A member may not buy any more: suspended, or made a viewer. Who hands work out takes theirs back."""

    membership_id: UUID


@dataclass_event("step_up.code_asked", is_urgent=True)
class StepUpCodeAsked(DomainEvent):
    """Somebody waits for a letter with a code; the sending process makes the code."""

    code_id: UUID


@dataclass_event("second_factor.changed")
class SecondFactorChanged(DomainEvent):
    """A second factor came or went; its user is told by letter. ``change`` is the audit trail's word."""

    user_id: int
    change: str


@dataclass_event("log_in.changed")
class LogInChanged(DomainEvent):
    """Another site logs a user in from now on, or no more; they are told. ``change`` is the audit trail's word."""

    user_id: int
    change: str
    provider: str


class LicenceMove(StrEnum):
    """What became of a licence."""

    VERIFIED = "verified"
    REFUSED = "refused"
    ENDS = "ends"
    ENDED = "ended"
    STAYED_ENDED = "stayed_ended"


@dataclass_event("licence.moved")
class LicenceMoved(DomainEvent):
    """A licence was decided, ends soon or has ended. ``to`` is a ``LicenceMove``."""

    licence_id: UUID
    to: str


@dataclass_event("member.left")
class MemberLeft(DomainEvent):
    """A member left, or was taken out of, their organisation. What they hold goes back on offer."""

    membership_id: UUID


@dataclass_event("invitation.asked")
class InvitationAsked(DomainEvent):
    """Somebody is to be written that they may join; the letter's link is made by who sends it."""

    invitation_id: UUID


@dataclass_event("ownership.transferred")
class OwnershipTransferred(DomainEvent):
    """An organisation has another owner; both are told."""

    giver_id: UUID
    heir_id: UUID


@dataclass_event("address.given", is_urgent=True)
class AddressGiven(DomainEvent):
    """An address waits to be confirmed; the letter's link is made by who sends it."""

    address_id: int


@dataclass_event("known_address.signed_up")
class KnownAddressSignedUp(DomainEvent):
    """Somebody signed up with the address of an account; its owner is told."""

    user_id: int


@dataclass_event("password.asked", is_urgent=True)
class PasswordAsked(DomainEvent):
    """Somebody wants to set their password anew; the letter's link is made by who sends it.

    Also told of addresses that nobody has, as user 0, so that asking takes as long.
    """

    user_id: int


@dataclass_event("password.changed")
class PasswordChanged(DomainEvent):
    """A password was changed by program or by letter; its owner is told, in case it was not they."""

    user_id: int
