"""Refusals of the ledger."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class InsufficientCredits(Refusal):
    """The wallet holds less than is needed; ``needed_credits`` and ``balance_credits`` say how much."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "insufficient_credits"


class GrantedDifferently(Refusal):
    """Credits were granted under this key before, to somebody else or in another number."""

    status = HTTPStatus.CONFLICT
    code = "granted_differently"
