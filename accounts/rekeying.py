"""What the keyed hashes of this app were made of, for when keys change."""

from accounts import licences
from accounts.models import Licence


def licence_number(row: Licence) -> str | None:
    """The number as two of them are compared."""
    return licences.comparable(row.state_code, row.number) if row.number else None
