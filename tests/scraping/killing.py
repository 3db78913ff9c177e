"""Kills crawls at counted points, and says what they leave.

The points are counted, never timed: the n-th request that the site gets, the n-th statement that writes (which its
transaction then loses), and the n-th commit (which is the last thing the process does).
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from aiqleads.core import alerts, events
from leads.models import ImageHash, Lead, Observation
from marketplace.models import Listing
from scraping.models import AdvertPictures, CrawlRun, PageMemory
from tests.scraping.crawl_forks import Forks

LOCK: Final = 4711
WRITTEN: Final = (
    "leads_lead", "leads_observation", "leads_contact", "core_outboxevent", "scraping_crawlrun",
    "scraping_crawlrequest", "scraping_pagememory", "scraping_fieldhealth", "scraping_feedstate",
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

    def crawl(self, slug: str) -> int:
        """Crawl to the end, count the steps, and return the exit code."""
        self.asking.execute("ALTER SEQUENCE test_statement RESTART; ALTER SEQUENCE test_commit RESTART")
        self.forks.start(slug)
        code = self.forks.ended().exit_code
        self.steps = {kind: self._count(kind) for kind in ("statement", "commit")}
        return code

    def kill(self, kind: str, step: int, slug: str) -> int:
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


@contextmanager
def counting_steps(forks: Forks, database: str) -> Iterator[Killer]:
    """Count what crawls write to ``database``."""
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
