"""Spiders. Which source has which stands here, so that asking it does not load Scrapy."""

from collections.abc import Mapping
from typing import Final

SLUGS: Final = ("demo-classifieds-east", "demo-classifieds-west", "demo-fsbo", "demo-mls")
"""The bundled sources; the last is a feed."""

PICTURES: Final = "scraping.spiders.pictures.Pictures"
BY_SLUG: Final[Mapping[str, str]] = {
    "demo-classifieds-east": "scraping.spiders.bundled.EastSideClassifieds",
    "demo-classifieds-west": "scraping.spiders.bundled.WestboardClassifieds",
    "demo-fsbo": "scraping.spiders.bundled.OwnDoorHomes",
}
BY_READER: Final[Mapping[str, str]] = {
    "craigslist": "scraping.spiders.sites.Craigslist",
    "facebook": "scraping.spiders.sites.FacebookMarketplace",
    "fsbo": "scraping.spiders.sites.OwnerSite",
    "realtor": "scraping.spiders.sites.Realtor",
    "redfin": "scraping.spiders.sites.Redfin",
    "zillow": "scraping.spiders.sites.Zillow",
}


def spider_path(slug: str, reader: str) -> str | None:
    """Where the spider of a source is: its own, or that of every site which its reader reads."""
    return BY_SLUG.get(slug) or BY_READER.get(reader)
