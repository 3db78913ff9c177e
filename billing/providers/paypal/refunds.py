"""Money back through PayPal, disputes, and what moved on our balance there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from paypalserversdk.models.money import Money as Price
from paypalserversdk.models.refund_request import RefundRequest

from billing.providers.paypal import amounts, shapes
from billing.providers.paypal.shapes import parsed
from billing.providers.paypal.wire import OnTheWire
from billing.providers.port import (
    DisputeState,
    DisputeStatus,
    Money,
    Movement,
    MovementKind,
    ProviderMisunderstood,
    RefundOrder,
    RefundState,
    RefundStatus,
)

WINDOW: Final = timedelta(days=30)
"""PayPal searches at most 31 days at once."""
PAGE_SIZE: Final = "500"
_WHOLE: Final = "return=representation"
_REFUND_CODE: Final = "T1107"
_SETTLED: Final = "S"
_REFUND: Final = {
    "COMPLETED": RefundStatus.SUCCEEDED,
    "PENDING": RefundStatus.PENDING,
    "FAILED": RefundStatus.FAILED,
    "CANCELLED": RefundStatus.FAILED,
}
_OUTCOME: Final = {
    "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
    "ACCEPTED": DisputeStatus.LOST,
    "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
    "RESOLVED_WITH_PAYOUT": DisputeStatus.WON,
    "CANCELED_BY_BUYER": DisputeStatus.WON,
    "DENIED": DisputeStatus.WON,
}
"""With a payout PayPal itself pays the buyer and our money stays."""
_KINDS: Final = (
    ("T1107", MovementKind.REFUND),
    ("T1106", MovementKind.DISPUTE),
    ("T111", MovementKind.DISPUTE),
    ("T12", MovementKind.DISPUTE),
    ("T00", MovementKind.PAYMENT),
    ("T01", MovementKind.FEE),
    ("T04", MovementKind.PAYOUT),
)
"""What the codes of transactions begin with; the first that fits counts. Reversals and holds are a dispute's."""


class Refunds(OnTheWire):
    """The port's refunds, disputes and movements."""

    def refund(self, order: RefundOrder) -> RefundState:
        """Send money back. PayPal keeps the key for 45 days; so it is looked first whether our refund is there."""
        for made in self.refunds(order.capture_id):
            if (made.reference, made.amount) == (order.reference, order.amount):
                return made
        body = RefundRequest(
            amount=Price(currency_code=order.amount.currency, value=amounts.spelt(order.amount)),
            custom_id=order.reference,
        )
        options = {
            "capture_id": order.capture_id,
            "paypal_request_id": order.key,
            "prefer": _WHOLE,
            "body": body,
        }
        answer = self.wire.sdk.payments.refund_captured_payment(options)
        return _refund_state(parsed(shapes.Refund, answer.text), order.capture_id)

    def fetch_refund(self, refund_id: str) -> RefundState:
        answer = self.wire.sdk.payments.get_refund({"refund_id": refund_id})
        refund = parsed(shapes.Refund, answer.text)
        return _refund_state(refund, _capture_of(refund))

    def refunds(self, capture_id: str) -> list[RefundState]:
        """An order's refunds stand in it; those of a subscription's payment are searched for, and PayPal lists
        them up to three hours late.
        """
        answer = self.wire.sdk.payments.get_captured_payment({"capture_id": capture_id})
        capture = parsed(shapes.Capture, answer.text)
        order_id = capture.supplementary_data.related_ids.order_id
        if not order_id:
            return self._searched(capture)
        order = parsed(shapes.Order, self.wire.sdk.orders.get_order({"id": order_id}).text)
        made = [one for unit in order.purchase_units for one in unit.payments.refunds]
        mine = [one for one in made if _capture_of(one) == capture_id]
        return [_refund_state(one, capture_id) for one in sorted(mine, key=_age)]

    def fetch_dispute(self, dispute_id: str) -> DisputeState:
        """A dispute, an inquiry of the buyer's among them: PayPal holds the money in both."""
        path = f"/v1/customer/disputes/{quote(dispute_id, safe='')}"
        dispute = self.wire.ask(shapes.Dispute, "GET", path)
        if len(dispute.disputed_transactions) != 1:
            raise ProviderMisunderstood("a dispute of several payments")
        amount = dispute.dispute_amount.amount
        fees = [
            one.amount.amount.minor
            for one in dispute.money_movements
            if one.affected_party == "SELLER" and one.type == "DEBIT" and one.reason.endswith("FEE")
        ]
        return DisputeState(
            dispute_id=dispute.dispute_id,
            capture_id=dispute.disputed_transactions[0].seller_transaction_id,
            status=_dispute_status(dispute),
            amount=amount,
            fee=Money(minor=sum(fees), currency=amount.currency),
            reason=dispute.reason[:60],
            opened_at=dispute.create_time,
            evidence_due_at=dispute.seller_response_due_date,
        )

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        """Our balance's lines, settled ones only; PayPal lists them up to three hours late."""
        for told in self._transactions(since=since):
            if told.transaction_status == _SETTLED:
                line = _movement(told)
                is_disputed = line.kind == MovementKind.DISPUTE
                yield replace(line, source_id=self._dispute_of(line.source_id)) if is_disputed else line

    def _dispute_of(self, capture_id: str) -> str:
        """The dispute of a payment, the latest: a line names the payment alone."""
        path = f"/v1/customer/disputes?disputed_transaction_id={quote(capture_id, safe='')}"
        found = self.wire.ask(shapes.Disputes, "GET", path).items
        return found[-1].dispute_id if found else capture_id

    def _searched(self, capture: shapes.Capture) -> list[RefundState]:
        if capture.create_time is None:
            raise ProviderMisunderstood("a payment without a date")
        listed = self._transactions(since=capture.create_time, code=_REFUND_CODE)
        return [self.fetch_refund(one.transaction_id) for one in listed if one.paypal_reference_id == capture.id]

    def _transactions(self, *, since: datetime, code: str = "") -> Iterator[shapes.TransactionInformation]:
        begins, now = since, self.now()
        while begins < now:
            ends = min(begins + WINDOW, now)
            found = list(self._window(begins, ends, code))
            yield from sorted(found, key=lambda one: one.transaction_initiation_date)
            begins = ends

    def _window(self, begins: datetime, ends: datetime, code: str) -> Iterator[shapes.TransactionInformation]:
        page, last = 1, 1
        while page <= last:
            options = {
                "start_date": shapes.at(begins),
                "end_date": shapes.at(ends),
                "fields": "transaction_info",
                "balance_affecting_records_only": "Y",
                "page_size": PAGE_SIZE,
                "page": page,
            }
            if code:
                options["transaction_type"] = code
            answer = self.wire.sdk.transaction_search.search_transactions(options)
            found = parsed(shapes.SearchResults, answer.text)
            yield from (one.transaction_info for one in found.transaction_details)
            page, last = page + 1, found.total_pages


def _refund_state(refund: shapes.Refund, capture_id: str) -> RefundState:
    return RefundState(
        refund_id=refund.id,
        reference=refund.custom_id,
        capture_id=capture_id,
        status=_REFUND[refund.status],
        amount=refund.amount.amount,
        code=refund.status_details.reason,
    )


def _capture_of(refund: shapes.Refund) -> str:
    """The payment that a refund belongs to: it is told by a link alone."""
    above = refund.link("up")
    if not above:
        raise ProviderMisunderstood("a refund that does not say of what")
    return above.rstrip("/").rsplit("/", 1)[-1]


def _age(refund: shapes.Refund) -> tuple[bool, str]:
    made = refund.create_time
    return made is None, made.isoformat() if made else ""


def _dispute_status(dispute: shapes.Dispute) -> DisputeStatus:
    if dispute.status != "RESOLVED":
        return DisputeStatus.OPEN
    outcome = dispute.dispute_outcome.outcome_code
    if outcome not in _OUTCOME:
        raise ProviderMisunderstood(f"a dispute that ended in a way that we do not know: {outcome[:60]!r}")
    return _OUTCOME[outcome]


def _movement(told: shapes.TransactionInformation) -> Movement:
    gross = told.transaction_amount.amount
    fee = told.fee_amount.amount if told.fee_amount else Money(minor=0, currency=gross.currency)
    code = told.transaction_event_code
    kind = next((kind for begins, kind in _KINDS if code.startswith(begins)), MovementKind.OTHER)
    is_about_another = kind in (MovementKind.DISPUTE, MovementKind.FEE)
    return Movement(
        movement_id=f"{told.transaction_id}:{code}",
        kind=kind,
        source_id=(told.paypal_reference_id if is_about_another else "") or told.transaction_id,
        gross=gross,
        fee=Money(minor=-fee.minor, currency=fee.currency),
        occurred_at=told.transaction_initiation_date,
    )
