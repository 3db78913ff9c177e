"""The spiders of real sites, over loopback, on saved pages, under a right: what they ask for from a search.

Nothing here asks a real site. The saved pages' own addresses are replaced by the small site's.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from leads.models import Lead, Source
from scraping import services
from scraping.errors import CrawlRefused
from scraping.models import CrawlArea
from tests.conftest import make_source
from tests.scraping.small_sites import Answer, SmallSite, advert, crawl, page, serving

pytestmark = pytest.mark.django_db(transaction=True)

CASES = {
    "craigslist": (
        "craigslist_search/milwaukee_apa_wauwatosa_static_2026-05-25.html",
        "craigslist_detail/milwaukee_apa_7936415355_2026-05.html",
        r"https:(?:\\?/){2}[a-z]+\.craigslist\.org",
        r"/\d{10}\.html$",
    ),
    "facebook": (
        "facebook/marketplace_search_houston_2025-02.html",
        "facebook/marketplace_item_regular_2025-01.html",
        r"https:(?:\\?/){2}www\.facebook\.com",
        r"/marketplace/item/\d+",
    ),
    "zillow": (
        "zillow_search/forsale_nyc_2020-05.html",
        "zillow_detail/forsale_4836-sicily-dr_2026-02.html",
        r"https:(?:\\?/){2}www\.zillow\.com",
        r"_zpid/?$",
    ),
    "realtor": (
        None,
        "realtor/forsale_2200-pacific-ave-1b_2026-02.html",
        r"https:(?:\\?/){2}www\.realtor\.com",
        r"/realestateandhomes-detail/",
    ),
}
DRAWN = "".join(f'<a href="/realestateandhomes-detail/{n}-Juniper-Way">{n}</a>' for n in (1, 2))

PROPERTY_FOR_SALE = "821056594720130"


class SavedSite(dict[str, Answer]):
    """Answers the search under ``/search``, and the saved advert under the first addresses that look like one."""

    def __init__(self, search: str, detail: str, advert_path: str) -> None:
        super().__init__({"/search": page(search)})
        self.detail, self.advert_path, self.adverts_left = detail, re.compile(advert_path), 2

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        if self.adverts_left and self.advert_path.search(path.partition("?")[0]):
            self.adverts_left -= 1
            return page(self.detail)
        return super().get(path, default)


def source_with_right(slug: str, reader: str) -> None:
    source = make_source(slug, may_list=True)
    source.reader = reader
    source.save()
    CrawlArea.objects.create(source=source, name="Anywhere", start="/search")


def saved(data: Path, name: str | None, hosts: str, site: SmallSite) -> str:
    text = (data / name).read_bytes().decode("utf-8", "replace") if name else DRAWN
    for goods in re.findall(r'"marketplace_listing_category_id":"(\d+)"', text):  # what was saved are no homes
        text = text.replace(f'"{goods}"', f'"{PROPERTY_FOR_SALE}"')
    text = re.sub(
        r'"marketplace_listing_title":"[^"]*"', '"marketplace_listing_title":"3 Beds 2 Baths House"', text
    )
    return re.sub(hosts, site.base_url, text)


@pytest.mark.parametrize("slug", list(CASES))
def test_a_search_leads_to_its_adverts_and_each_is_read(shared_data, slug):
    search, detail, hosts, advert_path = CASES[slug]
    source_with_right(f"our-{slug}", slug)

    with serving({}) as site:
        site.pages = SavedSite(
            saved(shared_data, search, hosts, site), saved(shared_data, detail, hosts, site), advert_path
        )
        run = crawl(f"our-{slug}", site.base_url)

    adverts = [path for path in site.asked if re.search(advert_path, path.partition("?")[0])]
    assert (run.state, run.reason) == ("finished", "")
    assert len(adverts) == len(set(adverts)) > 1
    assert run.parsed_count >= 2


def redfin_page(answers: dict[str, Any], *, links: str = "") -> Answer:
    """A page as Redfin draws it: the answers of its own API, by the question, in the state of its script."""
    cache = {
        asked: {"res": {"text": "{}&&" + json.dumps({"payload": payload})}} for asked, payload in answers.items()
    }
    state = json.dumps({"ReactServerAgent.cache": {"dataCache": cache}})
    script = f"root.__reactServerState.InitialContext = {state};\nroot.__reactServerState.Config = {{}};"
    return page(f"<html><head><title>Homes | Redfin</title></head><script>{script}</script>{links}</html>")


def redfin_home(number: int) -> dict[str, Any]:
    return {
        "propertyId": number,
        "url": f"/WI/Arden/{number}-Juniper-Way-54001/home/{number}",
        "price": {"value": 300_000 + number, "level": 1},
        "beds": 3,
        "streetLine": {"value": f"{number} Juniper Way"},
        "city": "Arden",
        "state": "WI",
        "zip": "54001",
        "mlsStatus": "Active",
        "listingBroker": {"name": "For Sale by Owner"},
    }


def redfin_detail(number: int) -> Answer:
    above = {
        "propertyId": number,
        "url": redfin_home(number)["url"],
        "priceInfo": {"amount": 300_000 + number},
        "beds": 3,
        "baths": 2,
        "sqFt": {"value": 1_480},
        "streetAddress": {"assembledAddress": f"{number} Juniper Way"},
        "city": "Arden",
        "state": "WI",
        "zip": "54001",
        "status": {"displayValue": "Active"},
    }
    panel = {"mainHouseInfo": {"listingAgents": [{"brokerName": "For Sale by Owner"}]}}
    details = "/stingray/api/home/details"
    return redfin_page(
        {
            f"{details}/aboveTheFold?propertyId={number}": {"addressSectionInfo": above},
            f"{details}/mainHouseInfoPanelInfo?propertyId={number}": panel,
        }
    )


def test_a_redfin_search_leads_over_its_next_page_to_its_adverts_and_owners_offers_are_leads(subtests):
    source_with_right("our-redfin", "redfin")
    searches = {
        "/search": (range(1, 4), '<a href="/city/1/WI/Arden/page-2">2</a>'),
        "/city/1/WI/Arden/page-2": (range(3, 6), '<a href="/city/1/WI/Arden/page-2">2</a>'),
    }
    leaves = {redfin_home(n)["url"]: redfin_detail(n) for n in range(1, 6)}

    with serving(leaves) as site:
        for path, (numbers, links) in searches.items():
            homes = [redfin_home(number) for number in numbers]
            site.pages[path] = redfin_page({"/stingray/api/gis?al=1": {"homes": homes}}, links=links)
        run = crawl("our-redfin", site.base_url)

    with subtests.test("each home is asked for once, on the site's own host"):
        assert (run.state, run.reason) == ("finished", "")
        assert sorted(path for path in site.asked if "/home/" in path) == sorted(leaves)
    with subtests.test("and is a lead with its owner's price"):
        assert (run.new_count, run.rejected_reasons) == (5, {})
        told = {(lead.kind, lead.asking_price_cents // 100, int(lead.baths)) for lead in Lead.objects.all()}
        assert told == {("fsbo", 300_000 + n, 2) for n in range(1, 6)}


def test_a_new_site_of_owners_is_crawled_without_code():
    make_source("homes-of-anytown", may_list=True)
    Source.objects.filter(pk="homes-of-anytown").update(reader="fsbo")
    leaves = {
        "/": page('<a href="/houses">Houses</a> <a href="/about">About</a>'),
        "/about": page("<h1>About us</h1><p>We sell by owner.</p>"),
        "/houses": page('<a href="/h/juniper">1</a> <a href="/h/cedar?ref=1">2</a><a href="/houses?p=2">next</a>'),
        "/houses?p=2": page('<a href="/h/oak">3</a>'),
        "/h/juniper": page(advert(1)),
        "/h/cedar?ref=1": page(advert(2)),
        "/h/oak": page(advert(3)),
    }

    with serving(leaves) as site:
        run = crawl("homes-of-anytown", site.base_url)

    assert (run.state, run.new_count) == ("finished", 3)


def test_an_area_s_rules_leave_adverts_out_and_a_source_whose_areas_are_off_is_not_crawled(subtests):
    make_source("demo-fsbo", may_list=True)
    area = CrawlArea.objects.create(source_id="demo-fsbo", name="Dear homes", start="/list", least_price=400_000)
    leaves = {
        "/list": page('<a href="/homes/tx/0123456789a1">1</a> <a href="/homes/tx/0123456789a2">2</a>'),
        "/homes/tx/0123456789a1": page(advert(1, price=399_000)),
        "/homes/tx/0123456789a2": page(advert(2, price=401_000)),
    }

    with serving(leaves) as site:
        run = crawl("demo-fsbo", site.base_url)
        area.least_price = None
        area.save()
        after = crawl("demo-fsbo", site.base_url)

    with subtests.test("what asks less is rejected by name"):
        assert (run.new_count, run.rejected_reasons) == (1, {"asks less than this area's least price": 1})
    with subtests.test("a changed rule has unchanged pages read again"):
        assert (after.new_count, after.seen_count) == (1, 1)
    with subtests.test("no area, no crawl"):
        CrawlArea.objects.update(is_enabled=False)
        with pytest.raises(CrawlRefused, match=r"Every area of .+ is switched off"):
            services.start_run(slug="demo-fsbo")
