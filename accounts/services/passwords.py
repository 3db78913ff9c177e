"""Public writes about one's own password: changed by who is logged in, set anew by who reads the letters."""

from typing import Final, cast

from allauth.account import app_settings
from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts import errors
from accounts.events import PasswordAsked, PasswordChanged
from accounts.models import ApiSession, User
from accounts.services.credentials import TokenPair, end_all_sessions, open_session
from accounts.services.people import require_strong_password
from accounts.services.social import drop_log_ins
from aiqleads.core import audit, events, throttles, transactions
from aiqleads.core.personal_data import keyed_hash

LETTERS_PER_HOUR: Final = 5
NOBODY: Final = 0
"""The id of no user."""


def change_password(*, user: User, password: str, client: str = "") -> TokenPair:
    """Give ``user`` another password, which ends every log-in; return one for the program that asked.

    :raises PasswordTooWeak: as it says; nothing was changed
    """
    _set_password(user_id=user.pk, password=password, by_letter=False)
    return open_session(user=user, client=client)


@transactions.write
def _set_password(*, user_id: int, password: str, by_letter: bool) -> None:
    user = User.objects.select_for_update().get(pk=user_id)
    require_strong_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_all_sessions(user_id=user.pk, ending=ApiSession.Ending.PASSWORD_CHANGED, actor_id=user.pk)
    audit.record(actor_id=user.pk, action="user.password_changed", subject=user)
    events.publish(PasswordChanged(user_id=user.pk))
    if by_letter:
        drop_log_ins(user)


def ask_for_password(*, email: str) -> None:
    """Have the owner of ``email`` sent a link by which they set their password anew; nobody is told of others.

    For an address that nobody has the same is done and written, so that it takes as long: a letter to nobody.
    """
    address = email.lower()
    user_id = User.objects.filter(email=address, is_active=True).values_list("pk", flat=True).first()
    caller = keyed_hash(address, purpose="letter_password")
    limit = throttles.Limit(name="letter_password", caller=caller, most=LETTERS_PER_HOUR, seconds=3_600)
    if throttles.count([limit]).wait_seconds == 0:
        _publish_asked(user_id or NOBODY)


@transactions.write
def _publish_asked(user_id: int) -> None:
    events.publish(PasswordAsked(user_id=user_id))


def key_for(user: User) -> str:
    """What a letter's link ends with; another password or log-in makes it useless."""
    return f"{user_pk_to_url_str(user)}-{_tokens().make_token(user)}"


def set_password_by_key(*, key: str, password: str) -> None:
    """Set the password anew for whoever read the letter. Every log-in ends, other sites' as well.

    A second factor is still asked for.

    :raises LinkOver: it was used, or is too old
    :raises PasswordTooWeak: as it says; nothing was changed
    """
    _set_password(user_id=_user_of(key).pk, password=password, by_letter=True)


def _user_of(key: str) -> User:
    named, _, token = key.partition("-")
    try:
        user = User.objects.filter(pk=cast("int", url_str_to_user_pk(named)), is_active=True).first()
    except (ValueError, OverflowError):
        user = None
    if user is None or not _tokens().check_token(user, token):
        raise errors.LinkOver("This link is over. Ask for another one.")
    return user


def _tokens() -> PasswordResetTokenGenerator:
    """Those of the page's letters: both doors take either's link."""
    return cast(PasswordResetTokenGenerator, app_settings.PASSWORD_RESET_TOKEN_GENERATOR())
