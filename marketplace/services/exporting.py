"""Handing out purchases as a table: each contact that leaves so is a look of whoever asked for it, and audited."""

from dataclasses import dataclass
from typing import Final

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import audit, transactions
from marketplace import purchase_table, selectors
from marketplace.models import Claim

PAGE_ROWS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """Some lines of the table, and where the next page begins; None behind the last."""

    lines: str
    next: str | None


@transactions.write
def export_page(*, member: Membership, cursor: str | None, rows: int = PAGE_ROWS) -> ExportPage:
    """One page of the organisation's purchases, newest first; the looks that it stands for are audited.

    :raises NotYourRole: the member may look at purchases one by one
    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    permissions.require(member, permissions.Action.EXPORT)
    page = selectors.purchase_page(member, cursor=cursor, size=rows)
    open_still = [purchase for purchase in page.results if purchase.claim.state == Claim.State.SOLD]
    audit.record_each(actor_id=member.user_id, action="contact.exported", subjects=open_still)
    return ExportPage(lines=purchase_table.lines(page.results), next=page.next)
