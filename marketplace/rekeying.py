"""What the keyed hashes of this app were made of, for when keys change."""

from marketplace.models import Device


def token(row: Device) -> str | None:
    """What the push service knows the telephone by."""
    return row.token
