"""Which events this app listens to: its own, to write to people."""

from accounts import letters
from accounts.events import (
    AddressGiven,
    InvitationAsked,
    KnownAddressSignedUp,
    LogInChanged,
    OwnershipTransferred,
    PasswordAsked,
    PasswordChanged,
    RefreshTokenReused,
    SecondFactorChanged,
    StepUpCodeAsked,
)
from aiqleads.core.events import subscribe


def connect() -> None:
    """Subscribe once, when the apps are ready. A letter may go out twice, never not at all."""
    subscribe(StepUpCodeAsked, send_step_up_code)
    subscribe(RefreshTokenReused, tell_of_a_copied_token)
    subscribe(SecondFactorChanged, tell_of_second_factor)
    subscribe(LogInChanged, tell_of_log_in)
    subscribe(InvitationAsked, send_invitation)
    subscribe(OwnershipTransferred, tell_of_new_owner)
    subscribe(AddressGiven, send_confirmation)
    subscribe(KnownAddressSignedUp, tell_of_sign_up)
    subscribe(PasswordAsked, send_new_password_link)
    subscribe(PasswordChanged, tell_of_new_password)


def send_step_up_code(event: StepUpCodeAsked) -> None:
    letters.send_step_up_code(code_id=event.code_id)


def tell_of_a_copied_token(event: RefreshTokenReused) -> None:
    letters.tell_of_a_copied_token(session_id=event.session_id)


def tell_of_second_factor(event: SecondFactorChanged) -> None:
    letters.tell_of_second_factor(user_id=event.user_id, change=event.change)


def tell_of_log_in(event: LogInChanged) -> None:
    letters.tell_of_log_in(user_id=event.user_id, change=event.change, provider=event.provider)


def send_invitation(event: InvitationAsked) -> None:
    letters.send_invitation(invitation_id=event.invitation_id)


def tell_of_new_owner(event: OwnershipTransferred) -> None:
    letters.tell_of_new_owner(giver_id=event.giver_id, heir_id=event.heir_id)


def send_confirmation(event: AddressGiven) -> None:
    letters.send_confirmation(address_id=event.address_id)


def tell_of_sign_up(event: KnownAddressSignedUp) -> None:
    letters.tell_of_sign_up(user_id=event.user_id)


def send_new_password_link(event: PasswordAsked) -> None:
    letters.send_new_password_link(user_id=event.user_id)


def tell_of_new_password(event: PasswordChanged) -> None:
    letters.tell_of_new_password(user_id=event.user_id)
