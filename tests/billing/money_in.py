"""Something on every screen of money."""

from accounts.models import Membership
from aiqleads.core.clock import now
from billing.models import AutoRecharge, Pack, Payment
from tests.billing.gone_back import something_of_each
from tests.billing.money import invoiced


def money_in(member: Membership) -> None:
    """A payment with its invoice, one that nobody finished, top-ups that were agreed to, and all that goes back."""
    invoiced(member)
    something_of_each(member)
    pack = Pack.objects.get(code="credits-50")
    Payment.objects.create(
        organisation=member.organisation,
        member=member,
        provider="sandbox",
        purpose=Payment.Purpose.PACK,
        pack=pack,
        amount_credits=50,
        net_cents=5_000,
    )
    AutoRecharge.objects.create(
        organisation=member.organisation, provider="sandbox", pack_code=pack.code, below_credits=5,
        agreed_cents=5_000, consented_by=member, consented_at=now(), consent_version="2026-11", is_on=True,
    )  # fmt: skip
