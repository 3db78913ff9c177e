"""What a selector may be: CSS with ``::text`` and ``::attr(…)``, or XPath 1.0 without extension functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cssselect import SelectorError
from lxml import etree
from lxml.html import fragment_fromstring
from parsel.csstranslator import HTMLTranslator

MAX_SELECTOR_CHARACTERS: Final = 300

SELECTABLE: Final[Mapping[str, str]] = {
    "external_id": "external_id",
    "url": "url",
    "title": "title",
    "asking_price": "asking_price_text",
    "beds": "beds_text",
    "baths": "baths_text",
    "area_sqft": "area_text",
    "address": "address_lines",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "lat": "latitude",
    "lng": "longitude",
    "posted_at": "posted_text",
    "updated_at": "updated_text",
    "phones": "phones",
    "emails": "emails",
    "contact_name": "contact_name",
    "property_type": "property_type",
    "description": "description",
    "image_urls": "image_urls",
}
"""Field of a record → field of a raw listing."""


class UnusableSelector(ValueError):
    """The selector of a field is too long, no CSS and no XPath, or wants functions that are not offered.

    :ivar field: the field of the record that it was written for
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def check_rules(rules: Mapping[str, str]) -> dict[str, str]:
    """The XPath of each field's selector.

    :raises UnusableSelector: for the first that cannot be used
    """
    return {field: _as_xpath(field, selector.strip()) for field, selector in rules.items() if selector.strip()}


def _as_xpath(field: str, selector: str) -> str:
    if field not in SELECTABLE:
        raise UnusableSelector(field, f"There is no field {field!r}.")
    if len(selector) > MAX_SELECTOR_CHARACTERS:
        raise UnusableSelector(field, f"A selector has at most {MAX_SELECTOR_CHARACTERS} characters.")
    try:
        xpath = selector if selector.startswith(("/", "./", "(")) else HTMLTranslator().css_to_xpath(selector)
        etree.XPath(xpath, regexp=False, smart_strings=False)(fragment_fromstring("<p>x</p>"))
    except (SelectorError, etree.XPathError) as error:
        raise UnusableSelector(field, f"Neither CSS nor XPath 1.0: {error}.") from error
    return xpath
