"""What made-up homes have beside rooms and price: features of the closed catalogue, as often as adverts say.

A home has a handful of those that its kind can have: no condo has a barn, no house an elevator.
"""

import random
from functools import cache
from itertools import accumulate
from typing import Final

ANYWHERE: Final = {
    "near a lake": 6,
    "near the water": 5,
    "near a park": 10,
    "near trails": 5,
    "near shops": 10,
    "near public transport": 8,
    "near the highway": 5,
    "quiet street": 14,
    "mountain view": 4,
    "pool": 9,
    "hot tub": 4,
    "garage": 18,
    "off-street parking": 8,
    "fireplace": 10,
    "hard floors": 12,
    "updated kitchen": 11,
    "updated baths": 6,
    "new windows": 4,
    "central air": 9,
    "bright rooms": 10,
    "open floor plan": 9,
    "high ceilings": 7,
    "home office": 7,
    "laundry in the home": 9,
    "plenty of storage": 6,
}
OF_HOUSES: Final = {
    "corner lot": 7,
    "mature trees": 9,
    "fenced yard": 14,
    "large yard": 11,
    "garden": 9,
    "acreage": 4,
    "porch or deck": 11,
    "workshop": 6,
    "basement": 9,
    "new roof": 8,
    "solar panels": 5,
    "guest unit": 4,
    "all on one level": 8,
}
OF_FLATS: Final = {"balcony": 20, "city view": 7, "elevator": 8, "gym in the building": 6}
CONDITIONS: Final = {"": 50, "move-in ready": 16, "updated": 10, "well kept": 8, "needs work": 16}
FEWEST: Final = 2
MOST: Final = 6


def features(property_type: str, *, seed: str) -> list[str]:
    """Two to six features, and often its condition; the same for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311  (plausible, not secret)
    names, sums = _told_of(property_type)
    wanted = chance.randint(FEWEST, MOST)
    found: dict[str, None] = {}
    while len(found) < wanted:
        found[chance.choices(names, cum_weights=sums)[0]] = None
    [condition] = chance.choices(list(CONDITIONS), list(CONDITIONS.values()))
    return [*found, *([condition] if condition else [])]


@cache
def _told_of(property_type: str) -> tuple[list[str], list[int]]:
    is_flat = property_type in {"condo", "multi_family", "apartment"}
    weights = ANYWHERE | (OF_FLATS if is_flat else OF_HOUSES)
    return list(weights), list(accumulate(weights.values()))
