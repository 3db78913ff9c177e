"""Public writes about log-ins with other sites: connected, and disconnected again."""

from typing import Final

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from accounts import errors
from accounts.events import LogInChanged
from accounts.models import User
from aiqleads.core import audit, events, transactions

TAKEN: Final = "That log-in belongs to another account here. Log in with it, and disconnect it there first."
LAST: Final = "Nothing else logs you in. Set a password first, then disconnect this."


@transactions.write
def connect_log_in(*, user: User, provider: str, uid: str) -> None:
    """Let a user log in with another site; connected again, nothing changes.

    :param uid: whom the site names
    :raises LogInTaken: another account of ours is logged in by it
    """
    _locked(user)
    known = SocialAccount.objects.filter(provider=provider, uid=uid).first()
    if known is not None and known.user_id == user.pk:
        return
    try:
        with transaction.atomic():
            SocialAccount.objects.create(user=user, provider=provider, uid=uid)
    except IntegrityError as error:
        raise errors.LogInTaken(TAKEN) from error
    note_log_in_change(user, "log_in.connected", provider)


@transactions.write
def disconnect_log_in(*, user: User, log_in_id: int) -> bool:
    """Let another site log a user in no more; whether there was such a one. Another's is not found.

    :raises LastWayIn: it is the last way, as they have no password
    """
    locked = _locked(user)
    own = SocialAccount.objects.filter(user=user.pk)
    account = own.filter(pk=log_in_id).first()
    if account is None:
        return False
    if not locked.has_usable_password() and own.count() == 1:
        raise errors.LastWayIn(LAST)
    account.delete()
    note_log_in_change(user, "log_in.disconnected", account.provider)
    return True


def drop_log_ins(user: User) -> None:
    """Let no other site log a user in, who proved by a letter that the address is theirs and set a password.

    Whoever opened the account with another site's word for an address of somebody else would come in for good else.
    Joins the caller's transaction.
    """
    for account in SocialAccount.objects.filter(user=user.pk).order_by("pk"):
        account.delete()
        note_log_in_change(user, "log_in.disconnected", account.provider)


def note_log_in_change(user: User, action: str, provider: str) -> None:
    """Audit it and have the user told. Joins the caller's transaction."""
    audit.record(actor_id=user.pk, action=action, subject=user, provider=provider)
    events.publish(LogInChanged(user_id=user.pk, change=action, provider=provider))


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)
