"""What part of a payment goes back, in whole credits and cents; the last part takes the last cent (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Credits, and what was paid for them: US cents, tax apart."""

    amount_credits: int
    net_cents: int
    tax_cents: int

    @property
    def total_cents(self) -> int:
        """Tax included."""
        return self.net_cents + self.tax_cents

    def __sub__(self, gone: "Portion") -> "Portion":
        return Portion(
            amount_credits=self.amount_credits - gone.amount_credits,
            net_cents=self.net_cents - gone.net_cents,
            tax_cents=self.tax_cents - gone.tax_cents,
        )


def of_credits(amount_credits: int, *, whole: Portion, gone: Portion) -> Portion:
    """What goes back for ``amount_credits``: their share rounded down, or with the last of them all that is left.

    :param whole: the payment
    :param gone: what went back of it before
    :raises ValueError: so many are not left
    """
    left = whole - gone
    if amount_credits > left.amount_credits:
        raise ValueError(f"{amount_credits} credits are more than the {left.amount_credits} that are left")
    if amount_credits == left.amount_credits:
        return left
    return Portion(
        amount_credits=amount_credits,
        net_cents=min(whole.net_cents * amount_credits // whole.amount_credits, left.net_cents),
        tax_cents=min(whole.tax_cents * amount_credits // whole.amount_credits, left.tax_cents),
    )


def of_cents(total_cents: int, *, whole: Portion, gone: Portion) -> Portion:
    """Whose tax and credits go back where somebody else gave back ``total_cents``.

    :raises ValueError: so much is not left
    """
    left = whole - gone
    if total_cents > left.total_cents:
        raise ValueError(f"{total_cents} cents are more than the {left.total_cents} that are left")
    if total_cents == left.total_cents:
        return left
    tax_cents = min(whole.tax_cents * total_cents // whole.total_cents, left.tax_cents)
    net_cents = min(total_cents - tax_cents, left.net_cents)
    return Portion(
        amount_credits=min(whole.amount_credits * net_cents // whole.net_cents, left.amount_credits),
        net_cents=net_cents,
        tax_cents=total_cents - net_cents,
    )
