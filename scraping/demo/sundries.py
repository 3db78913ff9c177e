"""Adverts without a home behind them: goods for sale, tradespeople, and agents who post among the owners."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scraping.demo.adverts import Advert, Category, Nature, Site
from scraping.demo.chance import stream
from scraping.demo.notation import write_phone
from scraping.demo.people import Person
from scraping.demo.places import Metro
from scraping.demo.rounding import round_to
from scraping.demo.writer import site_key


@dataclass(frozen=True)
class Notice:
    """The wording of one such advert and the section it stands in, not always the right one."""

    category: Category
    nature: Nature
    title: str
    body: str

    @property
    def has_phone(self) -> bool:
        """Return whether somebody's number belongs into the text."""
        return "{phone}" in self.body


def _notices(category: Category, nature: Nature, *texts: tuple[str, str]) -> Iterator[Notice]:
    return (Notice(category, nature, title, body) for title, body in texts)


NOTICES = (
    *_notices(
        Category.FURNITURE,
        Nature.GOODS,
        ("Oak dining table with six chairs", "Solid oak, some scratches, seats six. Pick up only."),
        ("Grey sectional sofa", "Five pieces, smoke-free home, you haul."),
        ("Queen bed frame, walnut", "Frame only, no mattress. Comes apart with four bolts."),
        ("Book shelf, 6 ft", "White, adjustable shelves."),
    ),
    *_notices(
        Category.TOOLS,
        Nature.GOODS,
        ("Table saw 10 inch", "Runs well, new belt, fence is true. Cash."),
        ("Camera drone with three batteries", "Flown twice, box and charger included. No trades."),
        ("Extension ladder 24 ft", "Aluminium, type IA."),
        ("Pressure washer", "Gas, 2800 psi, starts on the first pull."),
    ),
    *_notices(
        Category.SALES,
        Nature.GOODS,
        ("Camera drone, films houses from above", "Great for roof pictures. Three batteries. Price is firm."),
        ("Smoke detector set, new in box", "Six smoke detectors for the home, linked, ten year battery."),
    ),
    *_notices(
        Category.SALES,
        Nature.SERVICE,
        ("WE BUY HOUSES CASH any condition", "We buy any house as is and close in 7 days. Call {phone}"),
        ("Movers, two men and a truck", "House moving and packing service, licensed and insured: {phone}."),
        ("House cleaning and painting", "Move-out cleaning service, interior painting, free estimates: {phone}"),
    ),
    *_notices(
        Category.SALES,
        Nature.AGENT,
        (
            "4/3 pool home just listed",
            (
                "Just listed by {name}, Realtor with Bluestem Realty. Equal housing opportunity. MLS number on "
                "request. Schedule your showing through our brokerage on {phone}."
            ),
        ),
        (
            "Open house Sunday, 3 beds",
            (
                "Lantern Row Homes presents this remodelled home. Buyer's agents welcome, 2.5% commission. "
                "{name}, licensed real estate agent, {phone}."
            ),
        ),
    ),
)


def write_notice(
    notice: Notice, *, site: Site, metro: Metro, person: Person | None, posted_at: datetime, seed: int
) -> Advert:
    """Return the advert for a notice, signed by ``person`` where its wording asks for a number."""
    subject = f"{metro.slug} {notice.title}"
    chance = stream(seed, site, subject)
    place = chance.choice(metro.places)
    phone = write_phone(person.phone, chance) if person else ""
    return Advert(
        site=site,
        key=site_key(site, seed, subject),
        home_key=None,
        nature=notice.nature,
        category=notice.category,
        metro=metro.slug,
        city=place.city,
        state=place.state,
        zip_code=place.zip_code,
        title=notice.title,
        body=notice.body.format(phone=phone, name=person.full_name if person else ""),
        price_usd=_price(notice.nature, place.usd_per_sqft, goods_usd=chance.randrange(20, 400)),
        posted_at=posted_at,
        updated_at=posted_at,
        phone=person.phone if person else "",
    )


def _price(nature: Nature, usd_per_sqft: int, *, goods_usd: int) -> int:
    match nature:
        case Nature.AGENT:
            return round_to(usd_per_sqft * 1900, step=1000)
        case Nature.SERVICE:
            return 0
        case _:
            return goods_usd
