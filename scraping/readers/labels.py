"""Facts that a page writes as words with a label: "Bedrooms: 3", a two-column table, a definition list.

Also loose words whose unit says what they are ("3 beds"). Knows the words people use for the facts of a home,
no site and no class name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parsel import Selector

from leads import usps

MAX_ELEMENTS = 30_000
MAX_LABEL_CHARACTERS = 40
MAX_VALUE_CHARACTERS = 300

_LABELS: Mapping[str, str] = {
    "asking_price_text": "price|asking price|asking|list price|sale price|rent|monthly rent|offered at|price asked",
    "beds_text": "bedrooms|bedroom|beds|bed|br|bedroom(s)|no of bedrooms|number of bedrooms|bed rooms",
    "baths_text": "bathrooms|bathroom|baths|bath|ba|bathroom(s)|no of bathrooms|number of bathrooms|bath rooms",
    "full_baths": "full baths|full bathrooms|baths full|bathrooms full|no of full baths",
    "half_baths": "half baths|half bathrooms|baths half|bathrooms half|half bath|partial baths|no of half baths",
    "area_text": "square feet|sq ft|sqft|sq feet|living area|living space|square footage|floor area|home size"
    "|interior|size|area|finished area|floor space",
    "address": "address|street address|property address|location|street|where",
    "city": "city|town",
    "state": "state",
    "zip": "zip|zip code|postal code|zipcode",
    "phones": "phone|telephone|tel|call|call or text|cell|mobile|phone number|contact phone|seller phone|ring",
    "emails": "email|e-mail|mail|email address|contact email|write",
    "contact_name": "contact|contact name|seller|seller name|owner|owner name|posted by|listed by|ask for|name",
    "posted_text": "posted|date posted|listed|listed on|date listed|posted on|listing date|entered",
    "updated_text": "updated|last updated|updated on|modified|last change|refreshed",
    "external_id": "listing id|listing number|listing no|listing #|property id|ad id|id|ref|reference|ad number",
    "property_type": "property type|type|home type|house type|type of home|kind of home|dwelling|building type",
    "latitude": "latitude|lat",
    "longitude": "longitude|lng|lon|long",
    "price_period_text": "rent period|price per|payable",
    "neighborhood": "neighborhood|neighbourhood|subdivision|district|quarter",
}
_SPANISH_LABELS: Mapping[str, str] = {
    "asking_price_text": "precio|precio de venta|renta|alquiler|alquiler mensual",
    "beds_text": "habitaciones|recámaras|dormitorios|cuartos",
    "baths_text": "baños",
    "full_baths": "baños completos",
    "half_baths": "medios baños",
    "area_text": "superficie|área|área habitable|pies cuadrados|metros cuadrados",
    "address": "dirección|ubicación",
    "city": "ciudad",
    "zip": "código postal",
    "phones": "teléfono|celular|llame al",
    "emails": "correo|correo electrónico",
    "contact_name": "contacto|propietario|dueño|vendedor",
    "posted_text": "publicado|fecha de publicación",
    "updated_text": "actualizado",
    "property_type": "tipo de propiedad|tipo de vivienda",
}
LABELS_OF_ADVERTS: Mapping[str, str] = {
    label: field
    for named in (_LABELS, _SPANISH_LABELS)
    for field, labels in named.items()
    for label in labels.split("|")
}
"""What people write before a fact → the field it belongs to."""
_OTHER_HOMES = re.compile(r"similar|related|nearby|recommend|also[-_ ]?like|more[-_ ]homes|featured", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[^\w#()\- ]")
_STREET_WORDS = "|".join(usps.SUFFIXES)
_STREET_LINE = (
    r"^(?!.*\b(?:near|in|house|home|condo|townhouse|bed|bath|sq|ft)\b)"
    rf"\d[\w/-]*\s(?:[\w.'#-]+\s){{0,5}}(?:{_STREET_WORDS})\b[\s\w.,#-]*$"
)
_UNIT_WORDS = tuple(
    (field, re.compile(pattern, re.IGNORECASE))
    for field, pattern in (
        ("asking_price_text", r"^(?:asking |price |rent )?[$€£]\s?\d[\d,.]*\s?[km]?(?:\s?(?:/|a |per )\s?\w+)?$"),
        ("address", _STREET_LINE),
        ("place", r"^[a-z][a-z .'-]+,?\s[a-z]{2}\s+\d{5}(?:-\d{4})?$"),
        ("beds_text", r"\d\s*\+?[\s-]*(?:bed|bd|br\b)|\bstudio\b"),
        ("baths_text", r"[\d½]\s*\+?[\s-]*(?:full\s+)?(?:bath|ba\b)"),
        ("area_text", r"\d\s*\+?[\s-]*(?:sq\.?\s*f|square\s*f|sqft|ft²|ft2|m²|sf\b)"),
    )
)


_LABEL_TAGS = frozenset({"th", "dt", "td", "label"})
_MUST_FOLLOW: Mapping[str, str] = {
    "asking_price_text": "asking_price", "beds_text": "beds", "baths_text": "baths", "area_text": "area_sqft",
    "address": "address", "city": "city", "state": "state", "zip": "zip",
}  # fmt: skip

LabelledFacts = dict[str, tuple[str, str]]


def labelled_facts(page: Selector, fields: Mapping[str, str] = LABELS_OF_ADVERTS) -> LabelledFacts:
    """Field → (value, the label it stood behind), the first of each.

    :param fields: the labels to look for, in small letters → the field that each stands before
    """
    facts: LabelledFacts = {}
    for element in _own_elements(page):
        for label, value in _pairs(element, fields):
            field = fields.get(_plain_label(label))
            if field and value and field not in facts:
                facts[field] = (value, label.strip(" :"))
    return _with_baths(facts)


def _with_baths(facts: LabelledFacts) -> LabelledFacts:
    """Full and half baths under labels of their own are the baths, where no label says the whole."""
    full, half = facts.pop("full_baths", None), facts.pop("half_baths", None)
    if "baths_text" not in facts and (told := full or half):
        whole = full[0] if full else "0"
        facts["baths_text"] = (f"{whole} full, {half[0]} half" if half else whole, told[1])
    return facts


def empty_labels(page: Selector) -> frozenset[str]:
    """Fields of a record whose label stands in a cell of its own with nothing behind it: lost, not unsaid."""
    found: set[str] = set()
    for element in _own_elements(page):
        if element.tag in _LABEL_TAGS and len(element) == 0:
            field = _MUST_FOLLOW.get(LABELS_OF_ADVERTS.get(_plain_label(element.text or ""), ""))
            if field and not _value_after(element, LABELS_OF_ADVERTS):
                found.add(field)
    return frozenset(found)


def facts_by_unit(page: Selector) -> LabelledFacts:
    """Field → (words, words) for short texts that carry their own unit, such as "3 beds · 2 baths"."""
    facts: LabelledFacts = {}
    for element in _own_elements(page):
        words = _own_words(element)
        if not 2 < len(words) <= MAX_LABEL_CHARACTERS * 2:
            continue
        for field, pattern in _UNIT_WORDS:
            if field not in facts and pattern.search(words):
                facts[field] = (words, words)
    return facts


def _own_elements(page: Selector) -> Iterator[Any]:
    """The elements of the page's own listing: not of menus, forms and the homes it recommends."""
    waiting = [page.root]
    seen = 0
    while waiting and seen < MAX_ELEMENTS:
        element = waiting.pop()
        if not isinstance(element.tag, str) or is_elsewhere(element):
            continue
        seen += 1
        yield element
        waiting.extend(reversed(element))


def is_elsewhere(element: Any) -> bool:
    """Whether an element belongs to menus, forms or the homes that a page recommends."""
    if element.tag in {"script", "style", "nav", "footer", "aside", "template", "noscript", "form", "select"}:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _OTHER_HOMES.search(names) is not None


def _pairs(element: Any, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    words = _words(element)
    if not words or len(words) > MAX_VALUE_CHARACTERS:
        return
    if len(words) <= MAX_LABEL_CHARACTERS and _plain_label(words) in fields:
        if len(element) <= 1:  # a row whose value is empty reads like its label, and the next row is no value
            yield words, _value_after(element, fields)
    elif ":" in words and not _is_row_of_pairs(element):
        label, _, value = words.partition(":")
        yield label, value.strip()


def _is_row_of_pairs(element: Any) -> bool:
    """Whether the pairs stand deeper: a row of several pairs, or of several labels, is no pair."""
    texts = [_words(child) for child in element if isinstance(child.tag, str)]
    return any(":" in text and not text.endswith(":") for text in texts) or (
        sum(1 for text in texts if text.endswith(":")) > 1
    )


def _value_after(element: Any, fields: Mapping[str, str]) -> str:
    """What stands behind a label: the text that follows it, else the next element, else the next of its parent."""
    if tail := " ".join((element.tail or "").split()).strip(" :"):
        return tail[:MAX_VALUE_CHARACTERS]
    following = element.getnext()
    if following is None and element.getparent() is not None and len(element.getparent()) == 1:
        following = element.getparent().getnext()
    if following is None or not isinstance(following.tag, str):
        return ""
    words = _words(following)
    opens_with = _words(following[0]) if len(following) and isinstance(following[0].tag, str) else ""
    is_value = _plain_label(words) not in fields and _plain_label(opens_with) not in fields
    return words if is_value and len(words) <= MAX_VALUE_CHARACTERS else ""


def _words(element: Any) -> str:
    """All text below, or "" for what is too long to be a label or a value."""
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        if (length := length + len(piece)) > 2 * MAX_VALUE_CHARACTERS:
            return ""
        pieces.append(piece)
    return " ".join(" ".join(pieces).split())


def _own_words(element: Any) -> str:
    return " ".join(f"{element.text or ''} {' '.join(child.tail or '' for child in element)}".split())


def _plain_label(label: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", label.lower()).split())
