"""Which lots pay for what: the soonest to end first, those without an end last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLeft:
    """What a lot still holds, in whole credits, and the account that it lies on."""

    lot_id: int
    account_id: UUID
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one lot gives to one amount, in whole credits."""

    lot: LotLeft
    amount: int


def spend(lots: Sequence[LotLeft], amounts: Sequence[int]) -> list[list[Part]]:
    """Take each of ``amounts`` out of ``lots``, both in their order.

    :param lots: in the order in which they are used up
    :param amounts: whole credits, each at least 1
    :return: for each amount the parts that make it up
    :raises ValueError: the lots do not hold the sum
    """
    purse = _coins(lots)
    lot, left = next(purse, (None, 0))
    parts: list[list[Part]] = []
    for amount in amounts:
        missing, mine = amount, []
        while missing:
            if lot is None:
                raise ValueError(f"{sum(amounts)} credits are more than these lots hold")
            taken = min(missing, left)
            mine.append(Part(lot=lot, amount=taken))
            missing, left = missing - taken, left - taken
            if not left:
                lot, left = next(purse, (None, 0))
        parts.append(mine)
    return parts


def _coins(lots: Sequence[LotLeft]) -> Iterator[tuple[LotLeft | None, int]]:
    for lot in lots:
        if lot.remaining:
            yield lot, lot.remaining


def worth_cents(*, paid_cents: int, amount: int, credits_left: int) -> int:
    """What ``credits_left`` of a lot of ``amount`` credits are worth, in whole US cents, rounded up.

    Rounded up, so that the last credit of a lot takes the last cent with it.
    """
    return -(-paid_cents * credits_left // amount)
