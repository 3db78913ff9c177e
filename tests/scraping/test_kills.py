"""A crawl killed with -9 at any point and run again: what is there then is what an unbroken crawl leaves."""

import signal
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Final

import pytest
from django.core.management import CommandError, call_command

from leads.models import Source
from scraping.models import CrawlRun
from tests.conftest import at_length, make_source
from tests.scraping.killing import Killer, what_is_there
from tests.scraping.small_sites import Answer, SmallSite, advert, advert_path, crawl, front, page, serving
from tests.scraping.test_pictures import jpeg, photo, shows

SLUG: Final = "demo-fsbo"


class Deadly(dict[str, Answer]):
    """A site's pages; whoever makes the n-th request is killed before it is answered."""

    def __init__(self, site: SmallSite, killer: Killer, *, at: int) -> None:
        super().__init__(site.pages)
        self.site, self.killer, self.at = site, killer, at

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        if len(self.site.asked) == self.at:
            self.killer.kill_now()
        return super().get(path, default)


def day_one(site: SmallSite) -> None:
    site.pages = {"/": page(front(*range(1, 6))), **{advert_path(n): page(advert(n)) for n in range(1, 6)}}
    site.pages |= {f"/p/{n}.jpg": jpeg(photo(n)) for n in (6, 7)}


def day_two(site: SmallSite) -> None:
    """One advert is gone from the list, one answers 410, one has another price, one fails, two are new."""
    site.pages |= {"/": page(front(1, 2, 4, 5, 6, 7)), **{advert_path(n): shows(n, f"/p/{n}.jpg") for n in (6, 7)}}
    site.pages[advert_path(1)] = page(advert(1, price=399_000))
    site.pages[advert_path(4)] = page("sold", status=410)
    site.pages[advert_path(5)] = page("broken", status=500)


def drift_comes(site: SmallSite) -> None:
    """Twenty new adverts, none of which says how many bedrooms there are."""
    new = range(31, 51)
    site.pages |= {"/": page(front(*range(1, 51))), **{advert_path(n): page(advert(n, beds=None)) for n in new}}


def thirty_homes(site: SmallSite) -> None:
    homes = range(1, 31)
    site.pages = {"/": page(front(*homes)), **{advert_path(n): page(advert(n)) for n in homes}}


def prepare(killer: Killer, site: SmallSite, before: Callable[[SmallSite], None]) -> None:
    """Forget everything, and crawl what was there before."""
    killer.begin_again()
    before(site)
    assert crawl(SLUG, site.base_url).state == "finished"


SHORT: dict[str, list[int]] = {"request": [], "statement": [], "commit": [5]}
WORLDS = {"a day's changes": (day_one, day_two), "a drift": (thirty_homes, drift_comes)}
STRIDES = {"a day's changes": 1, "a drift": 3}


def points(kind: str, last: int, *, stride: int) -> list[int]:
    return list(range(1, last + 1, stride)) if at_length(short=0, soak=1) else SHORT[kind]


@pytest.mark.soak
@pytest.mark.parametrize("world", list(WORLDS)[: at_length(short=1, soak=2)])
def test_a_crawl_killed_anywhere_and_run_again_leaves_what_an_unbroken_one_leaves(killer, world, subtests):
    before, after = WORLDS[world]
    make_source(SLUG, may_list=True)
    with serving({}) as site:
        prepare(killer, site, before)
        after(site)
        site.forget()
        assert killer.crawl(SLUG) == 0
        steps, expected = {"request": len(site.asked), **killer.steps}, what_is_there()

        for kind, last in steps.items():
            for step in points(kind, last, stride=STRIDES[world]):
                with subtests.test(f"killed at {kind} {step} of {last}"):
                    prepare(killer, site, before)
                    after(site)
                    whole = dict(site.pages)
                    if kind == "request":
                        site.forget()
                        site.pages = Deadly(site, killer, at=step)
                    killed = killer.kill(kind, step, SLUG)
                    site.pages = whole

                    assert killed in {-signal.SIGKILL, 0}  # beats come by the clock: a run may have fewer steps
                    had_ended = CrawlRun.objects.latest("started_at").state == "finished"
                    assert killer.crawl(SLUG) == 0
                    found = what_is_there()
                    if had_ended:  # it was killed behind its end, and this is another run, with a report of its own
                        found |= {name: expected[name] for name in ("report", "fields")}
                    assert found == expected


def test_the_second_of_two_crawls_at_once_says_so_until_the_first_is_killed(killer):
    make_source(SLUG, may_list=True)
    is_asked, may_answer = Event(), Event()

    def slow_front(handler: BaseHTTPRequestHandler) -> None:
        is_asked.set()
        may_answer.wait(20)
        page(front(1))(handler)

    with serving({"/": slow_front, advert_path(1): page(advert(1))}) as site:
        Source.objects.filter(pk=SLUG).update(base_url=site.base_url)
        killer.forks.start(SLUG)
        assert is_asked.wait(20)

        with pytest.raises(CommandError, match="is being crawled already"):
            call_command("crawl", SLUG)

        assert CrawlRun.objects.get().state == "running"
        killer.kill_now()
        assert killer.forks.ended().exit_code == -signal.SIGKILL
        may_answer.set()
        assert killer.crawl(SLUG) == 0
        assert sorted(CrawlRun.objects.values_list("state", "new_count")) == [("failed", 0), ("finished", 1)]
