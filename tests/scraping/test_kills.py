"""A crawl killed with -9 at any point and run again: what is there then is what an unbroken crawl leaves.

The points are counted, never timed: the n-th request that the site gets, the n-th statement that writes (which its
transaction then loses), and the n-th commit (which is the last thing the process does).
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any, Final

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from aiqleads.core import alerts, events
from leads.models import ImageHash, Lead, Observation, Source
from marketplace.models import Listing
from scraping.models import AdvertPictures, CrawlRun, PageMemory
from tests.conftest import at_length, make_source
from tests.database import url_of
from tests.scraping.crawl_forks import Forks
from tests.scraping.small_sites import Answer, SmallSite, advert, advert_path, crawl, front, page, serving
from tests.scraping.test_pictures import jpeg, photo, shows

SLUG: Final = "demo-fsbo"
LOCK: Final = 4711
WRITTEN: Final = (
    "leads_lead", "leads_observation", "leads_contact", "core_outboxevent", "scraping_crawlrun",
    "scraping_crawlrequest", "scraping_pagememory", "scraping_fieldhealth",
)  # fmt: skip
COUNT_STEPS = """
CREATE TABLE test_stop (kind text, step bigint);
CREATE SEQUENCE test_statement;
CREATE SEQUENCE test_commit;
CREATE FUNCTION test_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'commit' THEN
        IF current_setting('test.counted', true) = txid_current()::text THEN RETURN NULL; END IF;
        PERFORM set_config('test.counted', txid_current()::text, true);
    END IF;
    IF nextval('test_' || TG_ARGV[0]) = (SELECT step FROM test_stop WHERE kind = TG_ARGV[0]) THEN
        PERFORM pg_advisory_xact_lock(4711);
    END IF;
    RETURN NULL;
END $$;
"""
COUNT_STEPS_OF = """
CREATE TRIGGER test_statement AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION test_step('statement');
CREATE CONSTRAINT TRIGGER test_commit AFTER INSERT OR UPDATE OR DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_step('commit');
"""
COUNT_NO_MORE = """
DROP FUNCTION test_step CASCADE; DROP TABLE test_stop; DROP SEQUENCE test_statement; DROP SEQUENCE test_commit
"""
BEGIN_AGAIN = """
TRUNCATE test_stop, leads_lead, scraping_crawlrun, scraping_pagememory, core_outboxevent, core_alert CASCADE;
ALTER SEQUENCE test_statement RESTART;
ALTER SEQUENCE test_commit RESTART
"""
WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"


@dataclass
class Killer:
    """Runs crawls in processes of their own, and kills one at a step."""

    forks: Forks
    asking: "psycopg.Connection[Any]"
    steps: dict[str, int] = field(default_factory=dict)

    def begin_again(self) -> None:
        """Forget every lead and every run."""
        self.asking.execute(BEGIN_AGAIN)

    def crawl(self, slug: str = SLUG) -> int:
        """Crawl to the end, count the steps, and return the exit code."""
        self.asking.execute("ALTER SEQUENCE test_statement RESTART; ALTER SEQUENCE test_commit RESTART")
        self.forks.start(slug)
        code = self.forks.ended().exit_code
        self.steps = {kind: self._count(kind) for kind in ("statement", "commit")}
        return code

    def kill(self, kind: str, step: int, slug: str = SLUG) -> int:
        """Crawl and kill the process at a step; return its exit code, which is -9 where it came so far."""
        self.asking.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        self.asking.execute("INSERT INTO test_stop VALUES (%s, %s)", [kind, step])
        self.asking.execute("ALTER SEQUENCE test_statement RESTART; ALTER SEQUENCE test_commit RESTART")
        self.forks.start(slug)
        while not self.forks.has_ended(within_seconds=0.003):
            if self.asking.execute(WAITS).fetchall():
                self.kill_now()
                break
        code = self.forks.ended().exit_code
        self.asking.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        self.asking.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # when its last transaction has ended
        self.asking.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        self.asking.execute("TRUNCATE test_stop")
        return code

    def kill_now(self) -> None:
        """Kill the crawl that runs."""
        os.kill(self.forks.crawler, signal.SIGKILL)

    def _count(self, kind: str) -> int:
        found = self.asking.execute(f"SELECT last_value FROM test_{kind}").fetchone()
        return int(found[0]) if found else 0


@pytest.fixture
def killer(forks: Forks) -> Iterator[Killer]:
    database = url_of(connection.settings_dict["NAME"])
    with psycopg.connect(database, autocommit=True) as asking:
        asking.execute(COUNT_STEPS + "".join(COUNT_STEPS_OF.format(table=table) for table in WRITTEN))
        yield Killer(forks, asking)
        asking.execute(COUNT_NO_MORE)


def what_is_there() -> dict[str, Any]:
    """Everything that a crawl leaves, without the moments and the random keys."""
    events.deliver_all()
    told = {item.pk: item for item in Observation.objects.order_by("external_id_hash", "content_hash")}
    last = CrawlRun.objects.latest("started_at")
    together = CrawlRun.objects.filter(since=last.since)
    return {
        "observations": [
            (item.external_id_hash, item.content_hash, item.gone_at is None, item.is_held) for item in told.values()
        ],
        "leads": sorted(
            (lead.address_line, lead.state, lead.asking_price_cents, str(lead.beds), lead.observations.count())
            for lead in Lead.objects.all()
        ),
        "listings": sorted(Listing.objects.values_list("street", "asking_price_cents", "copies_left")),
        "memory": sorted(
            (
                row.page_hash,
                row.content_hash,
                str(row.links),
                [told[key].content_hash for key in row.observation_ids],
            )
            for row in PageMemory.objects.all()
        ),
        "pictures": sorted(ImageHash.objects.values_list("observation__content_hash", "bits")),
        "pictures to look at": AdvertPictures.objects.exclude(addresses=None).count(),
        "alerts": sorted(alerts.open_alerts().values_list("key", flat=True)),
        "fields": sorted(last.field_health.values_list("field", "record_count", "valid_count", "is_drifting")),
        "report": (
            last.state,
            last.new_count + last.changed_count + last.seen_count,
            sum(run.new_count for run in together),
            sum(run.changed_count for run in together),
        ),
    }


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


SHORT = {"request": [], "statement": [9], "commit": [5]}
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
        assert killer.crawl() == 0
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
                    killed = killer.kill(kind, step)
                    site.pages = whole

                    assert killed in {-signal.SIGKILL, 0}  # beats come by the clock: a run may have fewer steps
                    had_ended = CrawlRun.objects.latest("started_at").state == "finished"
                    assert killer.crawl() == 0
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

        with pytest.raises(CommandError, match="Open homes is being crawled already"):
            call_command("crawl", SLUG)

        assert CrawlRun.objects.get().state == "running"
        killer.kill_now()
        assert killer.forks.ended().exit_code == -signal.SIGKILL
        may_answer.set()
        assert killer.crawl() == 0
        assert sorted(CrawlRun.objects.values_list("state", "new_count")) == [("failed", 0), ("finished", 1)]
