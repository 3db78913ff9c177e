"""The seats of an organisation: the database counts them, here its refusal becomes a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import IntegrityError, transaction

from accounts import errors
from aiqleads.core.postgres import violated_constraint

NO_SEAT: Final = "Your plan seats no more people, open invitations counted. Take one back, or choose a larger plan."


@contextmanager
def seats(says: str) -> Iterator[None]:
    """Turn the database's refusal of one person too many into ours."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if violated_constraint(error) in {"invitation_within_seats", "member_within_seats"}:
            raise errors.NoSeatLeft(says) from error
        raise
