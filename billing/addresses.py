"""What an address on an invoice has to be: the same for the page, the API and imports."""

import re
from collections.abc import Mapping
from typing import Final

from accounts.licences import STATES

COUNTRY: Final = re.compile(r"[A-Z]{2}")
ZIP: Final = re.compile(r"\d{5}(-\d{4})?")


def tidy(said: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without spaces around it; codes of countries and regions in capitals."""
    told = {name: " ".join(value.split()) for name, value in said.items()}
    return told | {name: told[name].upper() for name in ("country", "region") if name in told}


def wrong_with(said: Mapping[str, str]) -> dict[str, str]:
    """What cannot stay of a tidied address: column → a sentence for whoever typed it."""
    wrong = {}
    if not COUNTRY.fullmatch(said["country"]):
        wrong["country"] = "Two letters, such as US."
    if said["country"] == "US" and said["region"] not in STATES:
        wrong["region"] = "Two letters of a state, such as TX."
    if said["country"] == "US" and not ZIP.fullmatch(said["postal_code"]):
        wrong["postal_code"] = "Five digits, such as 78701."
    return wrong
