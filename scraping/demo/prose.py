"""Titles and descriptions of adverts, put together from many short sentences so that no two texts are alike."""

from dataclasses import dataclass
from enum import Enum
from random import Random

FEATURES: dict[str, tuple[str, ...]] = {
    "roof": (
        "Roof was replaced two years ago and the paperwork stays with the house.",
        "New architectural shingle roof, warranty transfers.",
        "We put a new roof on after the last hail season.",
    ),
    "air": (
        "The heat pump is three years old and has been serviced every spring.",
        "New AC condenser and air handler, quiet and cheap to run.",
        "HVAC replaced recently, with a smart thermostat.",
    ),
    "kitchen": (
        "The kitchen has stone counters, soft-close drawers and a gas range.",
        "Remodelled kitchen with an island that seats four.",
        "Kitchen was redone down to the studs; all appliances stay.",
    ),
    "floors": (
        "Original oak floors, refinished last winter.",
        "Hard floors throughout, no carpet anywhere.",
        "Wide-plank flooring in the living areas and tile in the baths.",
    ),
    "yard": (
        "The back yard is fully fenced and gets shade from two big trees.",
        "Level, fenced yard with a gate wide enough for a trailer.",
        "Large corner lot with a privacy fence put up last year.",
    ),
    "garage": (
        "Two-car garage with openers and a workbench.",
        "Attached garage plus room for two more cars on the drive.",
        "Oversized garage with a 240 volt outlet for a charger.",
    ),
    "porch": (
        "Covered back porch with a ceiling fan, dry in any weather.",
        "The screened porch is where we eat most of the year.",
        "Deep front porch with room for a swing.",
    ),
    "fireplace": (
        "Wood-burning fireplace, chimney swept in the autumn.",
        "Gas fireplace in the living room with a stone surround.",
        "There is a working fireplace and a stack of seasoned wood.",
    ),
    "solar": (
        "Owned solar panels, no lease; the average power bill is under forty dollars.",
        "Twelve solar panels, paid off, feed back to the grid.",
        "Solar with battery backup carried us through the last outage.",
    ),
    "garden": (
        "Raised garden beds, a fig tree and drip irrigation.",
        "The garden is planted with natives and needs little water.",
        "Flower beds front and back, sprinklers on a timer.",
    ),
    "storage": (
        "Walk-in closets in every bedroom and a floored attic.",
        "Plenty of storage: pantry, linen closet and a ten by twelve shed.",
        "The shed has power and stays.",
    ),
    "baths": (
        "Main bath has a double vanity and a walk-in shower.",
        "Both baths were updated with new tile and fixtures.",
        "Soaking tub in the main bath, low-flow fixtures throughout.",
    ),
    "plumbing": (
        "The pipes were replaced with PEX and the sewer line was scoped.",
        "New water heater last year, 50 gallons.",
        "Re-plumbed in copper; water softener included.",
    ),
    "windows": (
        "Double-pane windows all round, so the house stays quiet.",
        "New low-E windows on the south and west sides.",
        "Big windows on two sides; bright until evening.",
    ),
    "office": (
        "A small room off the hall works well as an office, wired for fibre.",
        "Fibre internet is in and there is a built-in desk in the loft.",
        "Bonus room over the garage with its own split unit.",
    ),
}

_SETTINGS = (
    "Quiet street close to {street}, ten minutes from downtown {city}.",
    "Easy drive to the freeway and to the shops in {city}.",
    "In {city}, {zip_code}, with a grocery store and a library within walking distance.",
    "Near the greenbelt; the trail starts at the end of the block.",
    "Farmers market on Saturdays a few blocks away.",
    "The bus line to the centre of {city} stops around the corner.",
    "Low traffic, mature trees, sidewalks on both sides.",
)
_SALE_OPENINGS = (
    "Selling our {beds} bedroom, {baths} bath home of {area:,} square feet, built in {year}.",
    "Well kept {beds}/{baths} from {year}, about {area:,} sq ft.",
    "For sale by owner: {beds} bedrooms, {baths} baths, {area:,} sqft of living space.",
    "We have loved this {year} house and are ready to hand over the keys: {beds} beds, {baths} baths.",
    "{area:,} square feet with {beds} bedrooms and {baths} bathrooms on a {lot:,} sqft lot.",
    "House built in {year} with {beds} good-sized bedrooms and {baths} baths.",
)
_RENT_OPENINGS = (
    "Owner renting out a {beds} bedroom, {baths} bath home, {area:,} sq ft.",
    "Available soon: {beds}/{baths}, {area:,} square feet, built {year}.",
    "Renting directly from the owner, no management company: {beds} bed, {baths} bath.",
    "Clean {beds} bedroom place of about {area:,} sqft, {baths} full bath.",
)
_MOTIVES = (
    "I am relocating for work and need to close within sixty days.",
    "We inherited the house and live too far away to look after it.",
    "Retiring and moving closer to the coast, so we are open to reasonable offers.",
    "We already bought our next home and would rather not carry two mortgages.",
    "Job transfer, must sell by the end of the quarter.",
    "Downsizing now that the work on the house is finished.",
    "Our listing with an agent ran out and we are selling on our own this time.",
    "No hurry, but the right buyer can have it next month.",
)
_SALE_TERMS = (
    "Pre-inspection report available on request.",
    "Will pay a reasonable closing cost share for a quick sale.",
    "Title is clear and the survey is from last year.",
    "Cash or conventional, no lease-options please.",
    "Please no agents and no wholesalers.",
    "Showings on evenings and weekends, a day's notice is enough.",
    "Open house this Saturday from 1 to 4.",
)
_RENT_TERMS = (
    "Twelve month lease, first month and one month's deposit on signing after you have seen it.",
    "Small pets considered with a refundable deposit.",
    "Water and trash are included, you pay electricity and internet.",
    "Washer and dryer hookups, off-street parking for two.",
    "Application and walk-through in person, no fee to look.",
    "I live ten minutes away and fix things myself.",
)
_CAREFREE_WORDS = (
    "Perfect for a young family.",
    "Great for a professional couple, no children please.",
    "Walk to church and to the elementary school.",
)  # what fair-housing checks have to find
_CALLS = (
    "Call or text {name} at {phone}.",
    "Text is best: {phone}, ask for {name}.",
    "{name}, {phone}, after 5 pm on weekdays.",
    "Reach me on {phone} - {name}",
    "Questions? {name} {phone} or {email}",
)
_SALE_TITLES = (
    "{beds} bed {baths} bath home in {city} by owner",
    "For sale by owner - {street}",
    "{year} {kind} near {street}, {zip_code}",
    "Move-in ready {beds}/{baths}, {area:,} sq ft",
    "Charming {kind} with {feature}",
    "FSBO {city} {beds}BR, no realtor fees",
    "Updated {kind}, {feature}, {city}",
    "Owner selling: {beds}BR/{baths}BA on {street}",
)
_RENT_TITLES = (
    "{beds} bedroom {kind} for rent by owner in {city}",
    "{beds}/{baths} with {feature}, {zip_code}",
    "Nice {kind} near {street}",
    "House for rent, {area:,} sq ft, {city}",
    "Owner managed {beds}BR rental, {feature}",
)
_FEATURE_WORDS = {
    "roof": "new roof", "air": "new AC", "kitchen": "remodelled kitchen", "floors": "hard floors",
    "yard": "fenced yard", "garage": "two-car garage", "porch": "covered porch", "fireplace": "fireplace",
    "solar": "owned solar", "garden": "garden beds", "storage": "lots of storage", "baths": "updated baths",
    "plumbing": "new plumbing", "windows": "new windows", "office": "home office",
}  # fmt: skip

_SCAM_BODIES = (
    (
        "The house is very beautiful and God fearing people are welcome. I am out of the country on a missionary "
        "assignment with my wife so I can not show you inside, but you can drive by and look from outside. Send "
        "the first month and deposit by wire and the keys will come to you by courier. Email only {email}"
    ),
    (
        "I am a pastor and was transferred overseas for church work, that is why the rent is so low, I only need a "
        "person who will take good care of it as their own. Pay deposit with Zelle to hold it today, many people "
        "are asking. Contact {email}"
    ),
    (
        "Do not disturb the present occupant. I work on an oil platform and have the keys with me. After you fill "
        "in the form with your full name, date of birth and social security number you will pay the refundable "
        "deposit by gift card or wire transfer and I will mail keys and documents. {email}"
    ),
    (
        "Available now, all bills paid, no credit check. Owner is currently abroad for medical reasons. To reserve "
        "before viewing send the deposit by Cash App or Zelle and I will DHL the keys. Serious people only {email}"
    ),
    (
        "I inherited this home but I am a military officer deployed overseas. Price is low because I want a quick "
        "sale. The escrow company will hold your wire transfer of the deposit until the papers reach you. {email}"
    ),
)
_ABSENCES = (
    "We moved out of state last year and sell from here. Only email please, we work nights.",
    "I am overseas until spring, so no viewings on weekdays; my neighbour has the key for the weekend.",
    "My sister is deployed and asked me to look after the sale. It can not be shown before noon.",
)
_EMPTY_BODIES = (
    "call me",
    "House for sale.",
    "Nice house. Must see!!",
    "contact for details",
    "sale",
    "For rent, ask.",
    "...",
)
_EMPTY_TITLES = ("House", "home for sale", "SALE!!!", "nice place", "for rent", "house 4 sale")


class Care(Enum):
    """How much care the writer took: the number of sentences about the house."""

    GREAT = 6
    GOOD = 4
    FAIR = 2
    POOR = 0


@dataclass(frozen=True)
class HomeWords:
    """The facts that a text about a home may speak of."""

    beds: int
    baths: str
    area: int
    year: int
    lot: int
    kind: str
    city: str
    zip_code: str
    street: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    """How the writer wants to be reached; an empty phone means: not in the text."""

    name: str
    phone: str
    email: str


def title(words: HomeWords, *, is_rental: bool, chance: Random) -> str:
    """Return a title for an advert of the home."""
    pattern = chance.choice(_RENT_TITLES if is_rental else _SALE_TITLES)
    return _fill(pattern, words, feature=_FEATURE_WORDS[chance.choice(words.features)])


def describe(words: HomeWords, *, is_rental: bool, care: Care, signature: Signature | None, chance: Random) -> str:
    """Return a description of the home, its paragraphs parted by an empty line."""
    opening = _fill(chance.choice(_RENT_OPENINGS if is_rental else _SALE_OPENINGS), words)
    paragraphs = [" ".join([opening, *_about(words, care, chance)])]
    if care in {Care.GREAT, Care.GOOD}:
        terms = chance.sample(_RENT_TERMS if is_rental else _SALE_TERMS, 2 if care is Care.GREAT else 1)
        motive = [] if is_rental else [chance.choice(_MOTIVES)]
        paragraphs.append(" ".join([_fill(chance.choice(_SETTINGS), words), *motive, *terms]))
    if signature is not None and signature.phone:
        call = chance.choice(_CALLS)
        paragraphs.append(call.format(name=signature.name, phone=signature.phone, email=signature.email))
    return "\n\n".join(paragraphs)


def _about(words: HomeWords, care: Care, chance: Random) -> list[str]:
    features = chance.sample(words.features, min(care.value, len(words.features)))
    sentences = [chance.choice(FEATURES[feature]) for feature in features]
    if chance.random() < 0.05:
        sentences.append(chance.choice(_CAREFREE_WORDS))
    return sentences


def remarks(words: HomeWords, *, chance: Random) -> str:
    """Return what an agent writes about the home: no owner, no telephone number."""
    return " ".join(
        [
            f"{words.kind.capitalize()} in {words.city} with {words.beds} bedrooms and {words.baths} baths.",
            *_about(words, Care.GOOD, chance),
            _fill(chance.choice(_SETTINGS), words),
        ]
    )


def scam(email: str, *, chance: Random) -> str:
    """Return the text of a fraudulent advert."""
    return chance.choice(_SCAM_BODIES).format(email=email)


def absence(*, chance: Random) -> str:
    """Return what an honest owner says who is away: words that frauds say too."""
    return chance.choice(_ABSENCES)


def near_empty(*, chance: Random) -> tuple[str, str]:
    """Return title and text of an advert that says next to nothing."""
    return chance.choice(_EMPTY_TITLES), chance.choice(_EMPTY_BODIES)


def _fill(pattern: str, words: HomeWords, feature: str = "") -> str:
    return pattern.format(
        beds=words.beds,
        baths=words.baths,
        area=words.area,
        year=words.year,
        lot=words.lot,
        kind=words.kind,
        city=words.city,
        zip_code=words.zip_code,
        street=words.street,
        feature=feature,
    )
