"""The e-mails and telephones of contacts, read in batches for whoever compares them with a list."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from leads.models import Contact

AT_ONCE: Final = 2_000
HASHES_AT_ONCE: Final = 20_000


def values() -> Iterator[tuple[str, str]]:
    """Every e-mail and telephone, decrypted; mostly once."""
    before: set[tuple[str, str]] = set()
    for contact in Contact.objects.only("phone", "email").iterator(chunk_size=AT_ONCE):
        for kind, value in (("phone", (contact.phone or "").partition(";")[0]), ("email", contact.email or "")):
            if value and (kind, value) not in before:
                if len(before) >= AT_ONCE:
                    before.clear()
                before.add((kind, value))
                yield kind, value.lower()


def known(hashes: Collection[str]) -> frozenset[str]:
    """Of keyed hashes, those of a contact's telephone, e-mail, or home with its name."""
    found: set[str] = set()
    rest = iter(hashes)
    while batch := list(islice(rest, HASHES_AT_ONCE)):
        for column in ("phone_hash", "email_hash"):
            found |= set(Contact.objects.filter(**{f"{column}__in": batch}).values_list(column, flat=True))
        homes = Contact.objects.filter(household_hashes__overlap=batch).values_list("household_hashes", flat=True)
        found |= {one for several in homes for one in several} & set(batch)
    return frozenset(found)
