"""Our own sentence about a home, made from its facts; nobody's words are copied."""

from decimal import Decimal

HOME_WORDS = {
    "single_family": "house",
    "condo": "condo",
    "townhouse": "townhouse",
    "multi_family": "multi-family home",
    "apartment": "apartment",
    "manufactured": "manufactured home",
    "land": "land",
    "room": "room",
    "commercial": "commercial property",
}
PERIOD_WORDS = {"once": "", "month": " a month", "week": " a week"}


def summarise(
    *,
    property_type: str,
    beds: Decimal | float | None,
    baths: Decimal | float | None,
    area_sqft: int | None,
    asking_price_cents: int | None,
    price_period: str,
    kind: str = "",
) -> str:
    """``3-bed, 2-bath house, 1,480 sq ft, asking $412,000``; what is unknown is left out.

    For a buyer's enquiry it says what is sought: ``Wanted: 3-bed house, up to $412,000``.
    """
    rooms = [_rooms(beds, "bed"), _rooms(baths, "bath")]
    home = f"{', '.join(filter(None, rooms))} {HOME_WORDS.get(property_type, 'home')}".strip()
    area = f"{area_sqft:,} sq ft" if area_sqft else ""
    is_sought = kind == "buyer_enquiry"
    asks = "up to" if is_sought else "asking"
    price = f"{asks} ${asking_price_cents // 100:,}{PERIOD_WORDS[price_period]}" if asking_price_cents else ""
    sentence = ", ".join(filter(None, [f"wanted: {home}" if is_sought else home, area, price]))
    return sentence[0].upper() + sentence[1:]


def _rooms(number: Decimal | float | None, word: str) -> str:
    if number is None:
        return ""
    if word == "bed" and number == 0:
        return "studio"
    return f"{float(number):g}-{word}"
