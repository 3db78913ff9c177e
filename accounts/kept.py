"""How long the tables of accounts and privacy are kept, and those of the packages that log people in."""

from datetime import datetime, timedelta
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import DoNotCallEdition
from accounts.privacy import files
from aiqleads.core import retention, transactions

MONTH: Final = timedelta(days=30)
INVITATIONS: Final = timedelta(days=90)
CODES: Final = timedelta(days=2)
"""Longer than the day over which codes are counted."""
SINCE_ASKED: Final = "they were asked for"


def say() -> None:
    """Say it of every table."""
    _say_of_people()
    _say_of_log_ins()
    _say_of_privacy()


def _say_of_people() -> None:
    retention.keep(
        "its person's values are emptied when the account is closed; what they did still names the row",
        "accounts.user", "accounts.membership", "accounts.licence", "accounts.termsacceptance",
    )  # fmt: skip
    retention.keep("sales and the ledger name it", "accounts.organisation")
    retention.goes_with("accounts.organisation", "accounts.entitlement")
    retention.goes_with(
        "accounts.user",
        "accounts.user_groups",
        "accounts.user_user_permissions",
        "account.emailaddress",
        "socialaccount.socialaccount",
        "accounts.authenticator",
        "accounts.recoverycodes",
        "accounts.passkey",
        "guardian.userobjectpermission",
    )
    retention.goes_with("accounts.recoverycodes", "accounts.recoverycode")
    retention.goes_with("socialaccount.socialaccount", "socialaccount.socialtoken")
    retention.keep("says which other sites log people in", "socialaccount.socialapp")
    retention.rows(
        "invitations", "accounts.invitation", "expires_at", kept=INVITATIONS, since="their link stopped working"
    )


def _say_of_log_ins() -> None:
    retention.register(
        retention.Rule(
            what="visits",
            tables=["usersessions.usersession"],
            kept=timedelta(0),
            since="their session ran out",
            due=lambda before: _over(before).count(),
            let_go=_forget_visits,
        )
    )
    retention.rows(
        "links that confirm an e-mail address",
        "account.emailconfirmation",
        "created",
        kept=MONTH,
        since="they were made",
    )
    retention.rows("programs' log-ins", "accounts.apisession", "expires_at", kept=MONTH, since="they ran out")
    retention.rows("API keys", "accounts.apikey", "expires_at", kept=retention.YEAR, since="they ran out")
    retention.rows("codes of a second look", "accounts.stepupcode", "asked_at", kept=CODES, since=SINCE_ASKED)
    retention.rows("wrong guesses", "accounts.guesses", "last_wrong_at", kept=MONTH, since="the last of them")


def _say_of_privacy() -> None:
    retention.rows("identity codes", "accounts.identitycode", "asked_at", kept=MONTH, since=SINCE_ASKED)
    retention.rows(
        "privacy requests",
        "accounts.privacyrequest",
        "closed_at",
        kept=retention.FIVE_YEARS,
        since="they were closed",
    )
    retention.goes_with(
        "accounts.privacyrequest",
        "accounts.privacystep",
        "accounts.privacylink",
        "accounts.identitydocument",
        "accounts.reportedbuyer",
    )
    retention.rows(
        "editions of do-not-call lists",
        "accounts.donotcalledition",
        "began_at",
        kept=retention.FIVE_YEARS,
        since="they were brought in, where a newer one counts",
        where=~Q(state=DoNotCallEdition.State.IN_FORCE),
    )
    retention.goes_with("accounts.donotcalledition", "accounts.donotcallnumber")
    retention.keep("names a list; its editions go", "accounts.donotcalllist")
    retention.rows(
        "comparisons with do-not-call lists",
        "accounts.donotcallcheck",
        "began_at",
        kept=retention.FIVE_YEARS,
        since="they were made",
    )
    retention.rows(
        "deletion lists",
        "accounts.deletionlist",
        "followed_at",
        kept=retention.FIVE_YEARS,
        since="they were followed",
    )
    retention.keep(
        "keyed hashes alone, so that whoever was erased or wants to be left alone never comes back",
        "accounts.suppression", "accounts.erasure",
    )  # fmt: skip
    retention.goes_with("accounts.erasure", "accounts.erasurestep")
    retention.register(
        retention.Rule(
            what="sent files",
            tables=[],
            kept=MONTH,
            since="they were written, where stand-ins for mail, texts and CRMs are used",
            due=files.count_older,
            let_go=files.delete_older,
        )
    )


def _over(before: datetime) -> QuerySet[Any]:
    open_still = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gte=before)
    ended: QuerySet[Any] = UserSession.objects.filter(~Exists(open_still))
    return ended


@transactions.write
def _forget_visits(before: datetime, most: int) -> int:
    some = list(_over(before).values_list("pk", flat=True)[:most])
    UserSession.objects.filter(pk__in=some).delete()
    return len(some)
