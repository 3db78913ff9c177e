"""`manage.py demo` as a newcomer runs it, with a tenth of the homes, after a power cut."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from scraping.demo.county import LEADS_EACH
from scraping.spiders import SLUGS
from tests.conftest import at_length, wait_while_running
from tests.database import migrated_template, run_on_server, url_of

pytestmark = pytest.mark.django_db

FIRST_CRAWLED = "SELECT 1 FROM leads_observation WHERE source_id <> 'demo-county' LIMIT 1"
COUNTY_ROWS = 4 * LEADS_EACH
CLOSED_PARTS = ("/account/", "/members/", "/private/", "/reply/", "/staff/")
ROWS_THAT_STAY = ("leads_score", "pricing_quote", "marketplace_listing", "marketplace_leadslot", "leads_contact")
TOTALS = """
    SELECT 'lead ' || state, count(*) FROM leads_lead GROUP BY state
    UNION ALL SELECT 'adverts', count(DISTINCT (source_id, external_id_hash)) FROM leads_observation
    UNION ALL SELECT 'observations', count(*) FROM leads_observation
    UNION ALL SELECT 'contacts', count(*) FROM leads_contact
    UNION ALL SELECT 'listings', count(*) FROM marketplace_listing
    UNION ALL SELECT 'log-ins', count(*) FROM accounts_user
    UNION ALL SELECT 'credits', sum(balance) FROM billing_account WHERE organisation_id IS NOT NULL
"""


FAILED_PAGES = """
    SELECT coalesce(status::text, reason), count(DISTINCT url) FROM scraping_crawlrequest
    WHERE outcome = 'failed' AND run_id IN (
        SELECT DISTINCT ON (source_id) id FROM scraping_crawlrun
        WHERE state = 'finished' ORDER BY source_id, started_at
    ) GROUP BY 1
"""


@dataclass(frozen=True)
class Demo:
    """A demo's own database, and its command."""

    database_url: str

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as asking:
            return asking.execute(sql.SQL(query)).fetchall()

    def totals(self) -> dict[str, int]:
        return dict(self.ask(TOTALS))

    def fingerprints(self) -> dict[str, tuple[Any, ...]]:
        """Whole tables in one number each: equal means that no row came, went or changed."""
        count = "SELECT count(*), md5(string_agg(kept::text, ' ' ORDER BY kept::text)) FROM {} kept"
        return {table: self.ask(count.format(table))[0] for table in ROWS_THAT_STAY}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--size-percent", "10"]
        return subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, "DATABASE_URL": self.database_url, "REDIS_URL": settings.REDIS_URL},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def load(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Load the demo whole and return what it says of each source's run."""
        with self.start("--json", *arguments) as process:
            output, _ = process.communicate(timeout=180)
        assert process.returncode == 0, output
        return {run["source"]: run for run in json.loads(output)["runs"]}


@pytest.fixture
def demo(django_db_setup: None, untraced: None) -> Iterator[Demo]:
    """A demo whose database was migrated and holds nothing else yet."""
    name = f"{connection.settings_dict['NAME']}_demo"
    run_on_server("DROP DATABASE IF EXISTS {}", name)
    run_on_server("CREATE DATABASE {} TEMPLATE {}", name, migrated_template())
    yield Demo(url_of(name))
    run_on_server("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def access_log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.mark.long
@pytest.mark.soak
def test_a_demo_that_was_cut_off_loads_whole_and_then_again_without_a_change(demo, access_log, subtests):
    if at_length(short=False, soak=True):  # one kill at one statement of a crawl is in every run: test_kills.py
        cut_the_power_in_the_middle_of_a_crawl(demo)
    first_runs = demo.load("--access-log", str(access_log))
    first_totals, first_rows = demo.totals(), demo.fingerprints()
    second_runs = demo.load()
    known = {slug: run["new"] + run["seen"] for slug, run in first_runs.items()}

    with subtests.test("every source is loaded and leads are listed"):
        assert set(first_runs) == set(SLUGS)
        assert {run["state"] for run in first_runs.values()} == {"finished"}
        assert all(run["new"] > 0 for run in first_runs.values())
        assert first_totals["listings"] == first_totals["lead active"] > 20
        assert first_totals["log-ins"] == 8
    with subtests.test("what the power cut left is taken up, and nothing is kept twice"):
        assert first_totals["observations"] == first_totals["adverts"] == sum(known.values()) + COUNTY_ROWS
        assert not demo.ask("SELECT 1 FROM scraping_crawlrun WHERE state = 'running'")
        assert not demo.ask("SELECT 1 FROM core_outboxevent WHERE delivered_at IS NULL")
    with subtests.test("the same day again changes nothing"):
        met_again = {
            slug: (run["seen"], run["new"], run["changed"], run["gone"]) for slug, run in second_runs.items()
        }
        assert met_again.pop("demo-mls")[1:] == (0, 0, 0)  # a feed tells only of what changed
        assert met_again == {slug: (known[slug], 0, 0, 0) for slug in met_again}
        assert demo.totals() == first_totals
        assert demo.fingerprints() == first_rows
    with subtests.test("the sites' own log shows no request for what their robots.txt closes"):
        asked = [line.split()[2] for line in access_log.read_text().splitlines()]
        assert asked.count("/robots.txt") == len(SLUGS)
        assert not [path for path in asked if path.startswith(CLOSED_PARTS)]
        assert demo.ask("SELECT 1 FROM scraping_crawlrequest WHERE reason = 'forbidden by robots.txt'")
    with subtests.test("the broken and the slow page are reported, and the rest arrives"):
        failed = dict(demo.ask(FAILED_PAGES))
        assert (failed.pop("500"), failed.pop("it took too long")) == (1, 1)
        assert failed.keys() <= {"404", "410"}


def cut_the_power_in_the_middle_of_a_crawl(demo: Demo) -> None:
    """Kill the demo and its crawls at once."""
    with demo.start() as process:
        wait_while_running(process, until=lambda: demo.ask(FIRST_CRAWLED))
        os.killpg(process.pid, signal.SIGKILL)
    interrupted = demo.ask("SELECT 1 FROM scraping_crawlrun WHERE state = 'running'")
    assert interrupted
