"""What is kept of those who have accounts: each app tells it for their own export, and forgets it when they leave.

This is about users. What is held about other people, whose homes are offered, stands in ``accounts.privacy``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from accounts.models import User

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""File name without its ending → rows of values that JSON knows, or times."""


class AccountDataHolder(Protocol):
    """An app's part of an account."""

    name: str

    def export(self, user: User) -> Rows:
        """Everything of theirs that they may take along; nothing of other people's."""

    def forget(self, user: User) -> None:
        """Delete what nobody needs once they have left. Joins the transaction that closes the account."""


_HOLDERS: dict[str, AccountDataHolder] = {}


def register(holder: AccountDataHolder) -> None:
    """Have a holder asked from now on; the same name again takes the place of the one before."""
    _HOLDERS[holder.name] = holder


def everywhere() -> Iterator[AccountDataHolder]:
    """All holders."""
    yield from tuple(_HOLDERS.values())
