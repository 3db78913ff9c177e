"""Public writes about the e-mail address of a log-in: signing up with one, confirming it, changing it.

No answer tells whether somebody has an address: its owner reads that in a letter instead.
"""

from typing import Final

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC

from accounts import errors, selectors
from accounts.events import AddressGiven, KnownAddressSignedUp
from accounts.models import User
from accounts.services.organisations import add_organisation
from accounts.services.people import add_user, require_current_terms
from aiqleads.core import audit, events, throttles, transactions

LETTER_SECONDS: Final = 180
"""So often one user is written the same link again."""


@transactions.write
def sign_up(*, email: str, password: str, organisation_name: str, terms_version: str) -> None:
    """Make a user, whose address waits to be confirmed, and the organisation they own, both or neither.

    Where there is an account with this address nothing is made, and its owner gets a letter. The password is hashed
    either way, so both take as long.

    :raises PasswordTooWeak | TermsOutdated: as they say; nothing was made and nobody was written to
    """
    require_current_terms(terms_version)
    try:
        user = add_user(email, password)
    except errors.EmailTaken:
        events.publish(KnownAddressSignedUp(user_id=User.objects.get(email=email.lower()).pk))
        return
    add_organisation(owner=user, name=organisation_name, terms_version=terms_version)
    events.publish(AddressGiven(address_id=EmailAddress.objects.get(user=user).pk))


def require_confirmed(*, user: User) -> None:
    """Let pass whose address is confirmed. Everybody else is sent the link again, every three minutes at most.

    :raises AddressUnconfirmed: as it says
    """
    if selectors.is_verified(user):
        return
    if _may_write(user, "confirmation"):
        _have_link_sent(user)
    raise errors.AddressUnconfirmed("Confirm your e-mail address first. The link is in a letter to it.")


def _may_write(user: User, letter: str) -> bool:
    limit = throttles.Limit(name=f"letter_{letter}", caller=str(user.pk), most=1, seconds=LETTER_SECONDS)
    return throttles.count([limit]).wait_seconds == 0


@transactions.write
def _have_link_sent(user: User) -> None:
    address, _ = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    events.publish(AddressGiven(address_id=address.pk))


def confirm_address(*, key: str) -> User:
    """Confirm the address that a letter's link was sent to; one that somebody changes to takes the old one's place.

    allauth does it, as on its page: one step after another, and the old address is written to.

    :param key: what the link ends with
    :raises LinkOver: it was used, replaced or is too old
    """
    confirmation = EmailConfirmationHMAC.from_key(key)
    address = confirmation and confirmation.confirm(get_adapter().request)
    if not address:
        raise errors.LinkOver("This link is over. Ask for another one.")
    user: User = address.user
    _note_confirmed(user)
    return user


@transactions.write
def _note_confirmed(user: User) -> None:
    audit.record(actor_id=user.pk, action="user.address_confirmed", subject=user)


@transactions.write
def ask_for_address(*, user: User, email: str) -> None:
    """Send a link to the address that ``user`` wants to log in with from now on; until it is used nothing changes.

    An address that somebody else has is answered alike, and its link, which only they can read, changes nothing.
    """
    _forget_asked(user)
    wanted, is_new = EmailAddress.objects.get_or_create(user=user, email=email.lower())
    if is_new:
        events.publish(AddressGiven(address_id=wanted.pk))
        audit.record(actor_id=user.pk, action="user.address_asked", subject=user)


@transactions.write
def forget_asked_address(*, user: User) -> None:
    """Stay with the address of now; again is harmless."""
    _forget_asked(user)


def _forget_asked(user: User) -> None:
    """The same, joining the caller's transaction."""
    EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).delete()
