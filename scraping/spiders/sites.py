"""The sites we crawl, one small class each; a new site is a class with a slug, a start and its links."""

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


SPIDERS: dict[str, type[SiteSpider]] = {
    spider.name: spider for spider in (EastSideClassifieds, WestboardClassifieds, OwnDoorHomes)
}
