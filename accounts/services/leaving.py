"""Leaving: taking one's own data along, and closing one's account."""

import io
import json
import zipfile
from typing import Final

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.serializers.json import DjangoJSONEncoder

from accounts import account_data, errors
from accounts.models import (
    ApiSession,
    Authenticator,
    Licence,
    Membership,
    Passkey,
    RecoveryCodes,
    StepUpCode,
    User,
)
from accounts.services.credentials import end_all_sessions, revoke_all_keys
from accounts.services.organisations import tell_of_stopping
from aiqleads.core import audit, clock, transactions

NOBODYS_ADDRESS: Final = "closed-{user_id}@closed.invalid"
SECOND_FACTORS: Final = (Authenticator, Passkey, RecoveryCodes)


def export_account(*, user: User) -> bytes:
    """A ZIP archive with one JSON file for each kind of thing that is kept of ``user``; taking it is audited."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for holder in account_data.everywhere():
            for name, rows in holder.export(user).items():
                files.writestr(f"{name}.json", json.dumps(list(rows), cls=DjangoJSONEncoder, indent=2))
    _note_export(user)
    return archive.getvalue()


@transactions.write
def _note_export(user: User) -> None:
    audit.record(actor_id=user.pk, action="account.exported", subject=user)


@transactions.write
def close_account(*, user: User) -> User:
    """Close an account for good on its user's word. What the organisation bought stays with it.

    Name, address, licence numbers and second factors are gone, and so is what was kept for them alone; log-ins and
    keys of programs end, and browsers with their next request. The audit trail keeps the id. The address may sign
    up anew.

    :raises NobodyLeftInCharge: they are the last owner of an organisation with others: hand it over first
    :raises NotForOperators: an administrator ends an operator's log-in
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff:
        raise errors.NotForOperators("An administrator ends an operator's log-in.")
    _require_somebody_in_charge(user)
    for holder in account_data.everywhere():
        holder.forget(user)
    end_all_sessions(user_id=user.pk, ending=ApiSession.Ending.LOGGED_OUT, actor_id=user.pk)
    revoke_all_keys(user_id=user.pk, actor_id=user.pk)
    user.email, user.first_name, user.last_name = NOBODYS_ADDRESS.format(user_id=user.pk), "", ""
    user.time_zone, user.is_active, user.closed_at = "", False, clock.now()
    user.set_unusable_password()
    user.save(update_fields=["email", "first_name", "last_name", "time_zone", "is_active", "closed_at", "password"])
    tell_of_stopping(Membership.objects.filter(user=user))
    audit.record(actor_id=user.pk, action="account.closed", subject=user)
    return user


def _require_somebody_in_charge(user: User) -> None:
    own = Membership.objects.filter(user=user).first()
    if own is None or own.role != Membership.Role.OWNER:
        return
    members = Membership.objects.select_for_update(of=("self",)).filter(organisation=own.organisation_id)
    others = [one for one in members.select_related("user").order_by("pk") if one != own and one.user.is_active]
    if others and not any(one.role == Membership.Role.OWNER for one in others):
        raise errors.NobodyLeftInCharge("Others work in your organisation. Make one of them its owner first.")


class AccountHolder:
    """What this app keeps of a user."""

    name = "accounts"

    def export(self, user: User) -> account_data.Rows:
        licences = Licence.objects.filter(user=user).order_by("added_at", "pk")
        return {
            "account": [
                {
                    "email": user.email,
                    "first_name": user.first_name,
                    "last_name": user.last_name,
                    "time_zone": user.time_zone,
                    "joined_at": user.date_joined,
                    "last_login": user.last_login,
                }
            ],
            "memberships": list(
                Membership.objects.filter(user=user).values("organisation__name", "role", "created_at")
            ),
            "terms": list(user.terms_acceptances.order_by("accepted_at").values("version", "accepted_at")),
            "licences": list(
                licences.values("state_code", "number", "expires_on", "state", "why", "added_at", "checked_at")
            ),
            "log_ins": list(
                SocialAccount.objects.filter(user=user).order_by("pk").values("provider", "uid", "date_joined")
            ),
            "programs": list(user.api_sessions.order_by("pk").values("client", "ended_at")),
        }

    def forget(self, user: User) -> None:
        EmailAddress.objects.filter(user=user).delete()
        StepUpCode.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
        for model in SECOND_FACTORS:
            model.objects.filter(user=user.pk).delete()
        Licence.objects.filter(user=user).update(number=None, number_hash="")


account_data.register(AccountHolder())
