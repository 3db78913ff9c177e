"""Who trades in the benchmarks: two buyers with credits, and leads that nobody has touched yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from accounts import selectors as knowing
from accounts import services as accounts
from accounts.licences import STATES
from accounts.models import Membership, User
from accounts.plans import CURRENT_TERMS_VERSION
from billing import services as billing
from billing.models import Account, Lot
from marketplace.models import Cart, Listing

CREDITS = 1_000_000
MOST_LEADS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which of the untouched leads one of ``processes`` may use: those that its number falls on."""

    number: int = 0
    processes: int = 1

    def lead_ids(self) -> Iterator[UUID]:
        untouched = Listing.objects.offered().filter(lead__claims=None).order_by("pk")
        lead_ids = untouched.values_list("pk", flat=True)[:MOST_LEADS]
        return (lead_id for lead_id in lead_ids if lead_id.int % self.processes == self.number)


@dataclass(kw_only=True)
class Cast:
    """The buyers and what they buy. ``another_lead`` never gives the same lead twice."""

    ours: Membership
    other: Membership
    wallet_id: UUID
    lot_id: int
    income_id: UUID
    share: Share = field(default_factory=Share)
    taken: Listing | None = None
    """A lead that somebody else holds, for those who are to be refused."""

    def __post_init__(self) -> None:
        self._leads = self.share.lead_ids()

    def another_lead(self) -> Listing:
        return Listing.objects.get(pk=next(self._leads))


def assemble(share: Share | None = None) -> Cast:
    """Open the accounts, fill the wallets, and give each buyer a cart. The wallet is that of ``ours``."""
    ours, other = buyer("ours"), buyer("other")
    lot = Lot.objects.get(account__organisation=ours.organisation_id)
    income = Account.objects.get(organisation=None, kind=Account.Kind.REVENUE, unit=Account.Unit.CREDITS)
    return Cast(
        ours=ours, other=other, wallet_id=lot.account_id, lot_id=lot.pk, income_id=income.pk, share=share or Share()
    )


def buyer(name: str) -> Membership:
    key = f"{name}-{uuid4().hex}"
    user = User.objects.create_user(f"{key}@example.com")
    member = accounts.add_organisation(owner=user, name=name, terms_version=CURRENT_TERMS_VERSION)
    for state_code in STATES:
        licence = accounts.add_licence(
            user=user, state_code=state_code, number="0142", expires_on=knowing.licence_day() + timedelta(days=365)
        )
        accounts.verify_licence(licence_id=licence.pk, actor_id=user.pk)
    Cart.objects.create(membership=member)
    billing.grant_credits(organisation_id=member.organisation_id, amount_credits=CREDITS, key=key, memo="Bench")
    return member
