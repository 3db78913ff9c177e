"""Noting in the audit trail that a log-in failed, without saying whose address was typed.

What was typed is kept as a keyed hash, so that an operator who has an address finds its failures, and nobody who
reads the trail learns an address. It tells nothing of whether there is such an account.
"""

from typing import Final

from accounts.models import User
from aiqleads.core import audit, origins, transactions
from aiqleads.core.throttles import Limit, count

NETWORKS_MOST: Final = 20
EVERYBODYS_MOST: Final = 600
"""Entries a minute: of one network, as many as the doors let it try; of all together."""
_MINUTE_SECONDS: Final = 60


@transactions.write
def note_failed_log_in(*, typed: str) -> bool:
    """Note a log-in with a wrong password, or of nobody; whether it was noted.

    Beyond ``NETWORKS_MOST`` a minute it is left out: whoever tries from a thousand addresses fills no disk.

    :param typed: the e-mail address as it was typed
    """
    if _are_too_many():
        return False
    audit.record_about(actor_id=None, action="log_in.failed", subject=audit.typed(typed), shown="password")
    return True


@transactions.write
def note_failed_word(*, provider: str) -> None:
    """Note that another site's word logged nobody in. As many a minute as wrong passwords."""
    if not _are_too_many():
        subject = f"accounts.site:{provider}"
        audit.record_about(actor_id=None, action="log_in.failed", subject=subject, shown=provider)


@transactions.write
def note_failed_key(*, user_id: int) -> None:
    """Note that a passkey proved nothing for somebody. As many a minute: nobody guesses at keys, so none waits."""
    if not _are_too_many():
        note_failed_proof(user_id=user_id, shown="passkey")


def _are_too_many() -> bool:
    limits = [
        Limit(name="failed_log_ins", caller=origins.current().network, most=NETWORKS_MOST, seconds=_MINUTE_SECONDS),
        Limit(name="failed_log_ins", caller="everybody", most=EVERYBODYS_MOST, seconds=_MINUTE_SECONDS),
    ]
    return bool(count(limits).wait_seconds)


def note_failed_proof(*, user_id: int, shown: str) -> None:
    """Note that somebody who knows the password of a user, or is logged in as them, proved nothing more.

    Joins the caller's transaction, which holds the user's count of guesses: who waits is not noted again.

    :param shown: ``"password"``, ``"code"`` of a letter, ``"otp"`` or ``"passkey"``
    """
    audit.record(actor_id=None, action="proof.failed", subject=User(pk=user_id), shown=shown)
