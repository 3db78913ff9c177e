"""By what the people of a record are known, without their values."""

from accounts.privacy.people import EMAIL, HOUSEHOLD, PHONE, Mark, household
from leads.privacy.reading import address_keys, surname_sound
from leads.records import ListingRecord


def marks_of(record: ListingRecord) -> list[Mark]:
    """A mark per phone, e-mail, and address with surname; a phone's and an e-mail's are those of its contacts."""
    sound = surname_sound(record.contact_name)
    homes = address_keys(record.parsed_address) if sound else []
    return [
        *(Mark.of(PHONE, phone.partition(";")[0]) for phone in record.phones),
        *(Mark.of(EMAIL, email.lower()) for email in record.emails),
        *(Mark.of(HOUSEHOLD, household(key, sound)) for key in homes),
    ]
