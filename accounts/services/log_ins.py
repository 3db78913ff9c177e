"""Public writes about log-ins in browsers: noted, listed by allauth, ended."""

from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import ApiSession, User
from accounts.services.credentials import end_all_sessions
from accounts.services.social import drop_log_ins
from aiqleads.core import audit, transactions

FORGET_ENDED: Final = """
DELETE FROM usersessions_usersession visit WHERE visit.user_id = %s AND NOT EXISTS (
    SELECT FROM django_session kept WHERE kept.session_key = visit.session_key AND kept.expire_date > core_now())
"""


@transactions.write
def note_log_in(*, user: User, factor: str) -> None:
    """Note in the audit trail that somebody logged in, and what they showed: ``"password"`` or a second factor."""
    audit.record(actor_id=user.pk, action="user.logged_in", subject=user, factor=factor)


@transactions.write
def note_browser(*, request: HttpRequest, user: User) -> None:
    """Note from which browser ``request`` just logged ``user`` in, and forget those whose log-in has ended.

    allauth would look at each of the user's browsers by three queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ENDED, [user.pk])
    UserSession.objects.create_from_request(request)


@transactions.write
def note_log_out(*, user: User) -> None:
    audit.record(actor_id=user.pk, action="user.logged_out", subject=user)


@transactions.write
def note_new_password(*, user: User, by_letter: bool = False) -> None:
    """A password that changed ends programs' log-ins; those in browsers end by it already.

    :param by_letter: whoever set it has read a letter, and need not be who logged in with another site so far
    """
    end_all_sessions(user_id=user.pk, ending=ApiSession.Ending.PASSWORD_CHANGED, actor_id=user.pk)
    audit.record(actor_id=user.pk, action="user.password_changed", subject=user)
    if by_letter:
        drop_log_ins(user)


@transactions.write
def end_browser(*, user: User, log_in_id: int) -> bool:
    """End one of the user's own log-ins in browsers; whether there was such a one."""
    return bool(_end(UserSession.objects.filter(user=user.pk, pk=log_in_id), user.pk))


@transactions.write
def log_out_elsewhere(*, user: User, here: str | None) -> int:
    """End all log-ins of a user but the one with the session key ``here``: browsers' and programs'; how many."""
    browsers = _end(UserSession.objects.filter(user=user.pk).exclude(session_key=here or ""), user.pk)
    return browsers + end_all_sessions(user_id=user.pk, ending=ApiSession.Ending.REVOKED, actor_id=user.pk)


def end_everything(*, user: User, ending: ApiSession.Ending, actor_id: int) -> None:
    """End every log-in of a user. Joins the caller's transaction."""
    _end(UserSession.objects.filter(user=user.pk), actor_id)
    end_all_sessions(user_id=user.pk, ending=ending, actor_id=actor_id)


def _end(log_ins: QuerySet[Any], actor_id: int) -> int:
    keys = {log_in.session_key: log_in.user for log_in in log_ins.select_related("user")}
    Session.objects.filter(session_key__in=keys).delete()
    log_ins.delete()
    for user in set(keys.values()):
        audit.record(actor_id=actor_id, action="user.browsers_logged_out", subject=user, count=len(keys))
    return len(keys)
