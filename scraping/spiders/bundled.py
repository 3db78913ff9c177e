"""The bundled sites, one small class each: which links lead to adverts, and which to lists."""

from scraping.spiders.base import SiteSpider, adverts, lists


class EastSideClassifieds(SiteSpider):
    """Rows and postings; only housing by owner."""

    name = "demo-classifieds-east"
    rules = (adverts(r"/(?:hso|rbo)/d/"), lists(r"/(?:hso|rbo)/(?:\?s=\d+)?$"))


class WestboardClassifieds(SiteSpider):
    """Cards and items with microdata; only homes."""

    name = "demo-classifieds-west"
    rules = (adverts(r"/item/"), lists(r"/browse/[a-z]+/homes-for-(?:sale|rent)"))


class OwnDoorHomes(SiteSpider):
    """A site that no rule knows: every page that robots.txt allows is looked at, and read if it shows a home."""

    name = "demo-fsbo"
    rules = (adverts(r"/homes/[^?]*/[0-9a-f]{8,}", r"\.html?$"), lists())
