"""What an invoice or a credit note says, as it was when it was issued: the shape of ``Invoice.snapshot``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sells, or whom it is made out to; empty where nothing was said.

    :param address: one line each
    :param tax_id: a tax number
    """

    name: str
    email: str = ""
    address: list[str] = field(default_factory=list)
    tax_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. ``net_cents`` are US cents, tax left out."""

    says: str
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """What one of those who levy took of a tax: a state, a county, a city."""

    says: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """What was added.

    :param millipercent: the rate in thousandths of a percent; 0 where the provider reckoned it
    :param parts: who levies it, where that is known; they sum to ``cents``
    """

    cents: int
    millipercent: int = 0
    label: str = ""
    region: str = ""
    parts: list[TaxPart] = field(default_factory=list)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "TaxLine":
        """What the column holds; invoices of before know no parts."""
        parts = [TaxPart(**part) for part in told.get("parts", ())]
        return cls(**{**told, "parts": parts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """All of it but its number and moment, which the database gives.

    :param paid_by: by which provider it was paid, or goes back
    :param corrects: the number of the invoice that a credit note corrects
    :param why: what a credit note was issued for
    """

    seller: Party
    buyer: Party
    lines: list[Item]
    tax: TaxLine
    paid_by: str
    corrects: str = ""
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the column."""
        return asdict(self)

    @classmethod
    def read(cls, snapshot: Mapping[str, Any]) -> "Paper":
        """What the column holds."""
        return cls(
            seller=Party(**snapshot["seller"]),
            buyer=Party(**snapshot["buyer"]),
            lines=[Item(**line) for line in snapshot["lines"]],
            tax=TaxLine.read(snapshot["tax"]),
            paid_by=snapshot["paid_by"],
            corrects=snapshot["corrects"],
            why=snapshot["why"],
        )


def dollars(cents: int) -> str:
    """``4900`` as ``49.00 USD``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02} USD"


def percent(millipercent: int) -> str:
    """``8875`` as ``8.875 %``."""
    return f"{millipercent / 1_000:g} %"
