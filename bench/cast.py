"""Who trades in the benchmarks: two buyers with credits, and leads that nobody has touched yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from accounts import services as accounts
from accounts.models import Membership, User
from accounts.plans import CURRENT_TERMS_VERSION
from billing import services as billing
from billing.models import Account
from billing.services import SALES
from marketplace.models import Cart, Listing

CREDITS = 1_000_000
MOST_LEADS = 2_000


@dataclass(kw_only=True)
class Cast:
    """The buyers and what they buy. ``another_lead`` never gives the same lead twice."""

    ours: Membership
    other: Membership
    wallet_id: UUID
    income_id: UUID
    _leads: Iterator[UUID] = field(default_factory=lambda: iter(_untouched_leads()))

    def another_lead(self) -> Listing:
        return Listing.objects.get(pk=next(self._leads))


def assemble() -> Cast:
    """Open the accounts, fill the wallets, and give each buyer a cart. The wallet is that of ``ours``."""
    ours, other = _buyer("ours"), _buyer("other")
    wallet = Account.objects.get(organisation=ours.organisation_id)
    income, _ = Account.objects.get_or_create(organisation=None, code=SALES, unit=Account.Unit.CREDITS)
    return Cast(ours=ours, other=other, wallet_id=wallet.pk, income_id=income.pk)


def _buyer(name: str) -> Membership:
    user = User.objects.create_user(f"{name}@example.com")
    member = accounts.add_organisation(owner=user, name=name, terms_version=CURRENT_TERMS_VERSION)
    Cart.objects.create(membership=member)
    billing.grant_credits(organisation_id=member.organisation_id, amount_credits=CREDITS, key=name, memo="Bench")
    return member


def _untouched_leads() -> Iterator[UUID]:
    return iter(Listing.objects.order_by("pk").values_list("pk", flat=True)[:MOST_LEADS])
