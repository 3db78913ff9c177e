"""What this app itself holds of people: accounts, and what they asked about their data."""

from collections.abc import Sequence

from accounts.models import User
from accounts.privacy.holders import Held, Holder
from accounts.privacy.people import Person


class AccountHolder(Holder):
    """Answers for accounts and privacy requests.

    An account is closed by its own person, who has its password; a request is kept as the record that the law asks
    for. So nothing here goes with a homeowner's erasure, and the receipt says so.
    """

    name = "accounts"
    models = frozenset(
        {
            "accounts.user", "accounts.invitation", "usersessions.usersession", "account.emailaddress",
            "socialaccount.socialaccount",
            "accounts.licence", "accounts.privacyrequest",
            "accounts.identitycode", "accounts.identitydocument", "accounts.erasure",
        }
    )  # fmt: skip

    def find(self, person: Person) -> Sequence[Held]:
        return [
            Held(
                holder=self.name,
                subject=f"accounts.user:{user.pk}",
                kinds=("an account, which you close yourself when logged in",),
                source="You signed up",
                first_seen_at=user.date_joined,
                last_seen_at=user.last_login,
            )
            for user in User.objects.filter(email__in=person.emails).order_by("pk")
        ]
