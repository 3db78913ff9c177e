"""The real sites, one small class each. All are prohibited until an operator records a permission or a licence.

Where they begin are areas, rows that operators edit. Beside each, how its addresses have looked, and when.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from scraping.pages import Link
from scraping.readers import UnreadablePage
from scraping.spiders.base import SiteSpider, adverts, lists, pages


class OwnerSite(SiteSpider):
    """Any site of owners that no rule knows: each page is looked at, and read if it shows a home."""

    name = "owner-site"
    rules = (pages(),)


class Craigslist(SiteSpider):
    """Postings under ``/<sub>/<section>/d/…/<10 digits>.html`` until 2026, ``/view/d/…/<22 letters>`` since."""

    name = "craigslist"
    rules = (
        adverts(r"/d/[^/?]+/\d{8,12}\.html", r"/\w{3}/\d{8,12}\.html", r"/view/d/[^/?]+/[\w-]{20,24}(?:$|[?#])"),
        lists(r"/search/[^#]*[?&]s=\d+"),
    )


class DrawnListsSpider(SiteSpider):
    """A site whose lists are drawn by scripts: the reader finds the adverts in the data that the scripts draw."""

    def links_in(self, response: TextResponse) -> Iterator[Link]:
        """The adverts that the reader finds, as they stand in the list, then the next pages."""
        yield from self._drawn(response)
        yield from super().links_in(response)

    def _drawn(self, response: TextResponse) -> Iterator[Link]:
        try:
            reading = self.reading(response)
        except UnreadablePage as error:
            self.journal.note_missing_list()
            self.journal.note_unread_page(response.url, str(error))
            return
        homes = (record.url for record in reading.records if record.url and not record.rejected)
        if reading.page == "search":
            yield from (Link(on_host_of(response, url), "adverts") for url in homes)


def on_host_of(response: TextResponse, url: str) -> str:
    """An advert's address on the host that let us in: the reader writes the site's usual one."""
    parts = urlsplit(url)
    return response.urljoin(f"{parts.path}?{parts.query}" if parts.query else parts.path)


class FacebookMarketplace(DrawnListsSpider):
    """Items under ``/marketplace/item/<number>``; a search shows one page to those who are not logged in."""

    name = "facebook"
    rules = (adverts(r"/marketplace/item/\d+"),)


class Zillow(DrawnListsSpider):
    """Homes under ``/homedetails/…/<number>_zpid/``; next pages end in ``/<number>_p/``."""

    name = "zillow"
    rules = (adverts(r"/homedetails/[^?]+_zpid"), lists(r"/\d+_p/?(?:$|\?)"))


class Realtor(DrawnListsSpider):
    """Homes under ``/realestateandhomes-detail/``; next pages end in ``/pg-<number>``."""

    name = "realtor"
    rules = (adverts(r"/realestateandhomes-detail/"), lists(r"/pg-\d+(?:$|\?)"))


class Redfin(DrawnListsSpider):
    """Homes under ``…/home/<number>``; next pages end in ``/page-<number>``."""

    name = "redfin"
    rules = (adverts(r"/home/\d+(?:$|\?)"), lists(r"/page-\d+(?:$|\?)"))
