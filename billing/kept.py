"""How long the tables of money are kept."""

from aiqleads.core import retention


def say() -> None:
    """Say it of every table."""
    retention.keep("the ledger is written once, and taxes are reckoned from it",
                   "billing.account", "billing.lot", "billing.journal", "billing.entry")  # fmt: skip
