"""The API's doors to money."""

from billing.api.ledger import CreditsView, EntriesView, StatementPagesView, StatementTableView

__all__ = [
    "CreditsView",
    "EntriesView",
    "StatementPagesView",
    "StatementTableView",
]
