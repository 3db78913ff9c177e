"""What the keyed hashes of this app were made of, for when keys change."""

from scraping.models import Submission


def email(row: Submission) -> str | None:
    """The sender's address, however it was spelt."""
    return row.email.lower() if row.email else None
