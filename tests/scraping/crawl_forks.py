"""Crawls in processes of their own that start in a tenth of a second: forks of one that has loaded everything.

``python -m tests.scraping.crawl_forks`` reads which sources to crawl (JSON, a line each), crawls each in a fork,
and tells the fork's number when it starts, and when it ended how, and what it took.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from aiqleads.embedded.processes import die_with_parent

BEAT_SECONDS = 0.05


@dataclass(frozen=True)
class Ended:
    """How a crawl ended, and what its process took: -9 is the code of one that was killed."""

    exit_code: int
    cpu_seconds: float
    peak_megabytes: float


@dataclass
class Forks:
    """The client's side; one crawl at a time."""

    process: "subprocess.Popen[str]"
    crawler: int = 0

    def start(self, slug: str, **options: Any) -> None:
        """Start to crawl a source; ``options`` are settings of Scrapy."""
        self._ask({"slug": slug, "options": options})
        self.crawler = int(self._told())

    def has_ended(self, *, within_seconds: float) -> bool:
        """Wait for the crawl to end, and no longer."""
        return bool(select.select([self.process.stdout], [], [], within_seconds)[0])

    def ended(self) -> Ended:
        """Wait for the crawl to end."""
        return Ended(**json.loads(self._told()))

    def _ask(self, crawl: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(crawl)}\n")
        self.process.stdin.flush()

    def _told(self) -> bytes:
        """A line, byte by byte: what is read ahead could not be waited for."""
        assert self.process.stdout is not None
        number, line = self.process.stdout.fileno(), b""
        while not line.endswith(b"\n"):
            line += os.read(number, 1) or b"-1\n"
        return line


@contextmanager
def forking(*, environment: Mapping[str, str]) -> Iterator[Forks]:
    """Start the process that forks; it crawls in the database that ``environment`` names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scraping.crawl_forks"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  (one system call, no lock)
    )
    with process:
        try:
            yield Forks(process)
        finally:
            process.kill()


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")
    django.setup()
    from scraping import crawling, services
    from scraping.feeds.reso import replication

    _load_what_every_fork_needs()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            die_with_parent(signal.SIGKILL)()
            os._exit(_crawl(json.loads(line), services, crawling, replication))
        _tell(str(child))
        _, status, used = os.wait4(child, 0)
        took = Ended(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        _tell(json.dumps(asdict(took)))


def _load_what_every_fork_needs() -> None:
    """Scrapy loads most of itself when a crawl starts, and some of that wants to know the reactor."""
    from scrapy.settings import default_settings
    from scrapy.utils.misc import load_object
    from scrapy.utils.reactor import install_reactor

    from scraping.readers import read_page
    from tests.scraping.small_sites import advert

    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    for part in ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES"):
        for path in getattr(default_settings, f"{part}_BASE"):
            load_object(path)
    for path in (*default_settings.DOWNLOAD_HANDLERS_BASE.values(), default_settings.SCHEDULER):
        load_object(path)
    read_page("fsbo", advert(1).encode(), "http://127.0.0.1/1")


def _crawl(asked: dict[str, Any], services: Any, crawling: Any, replication: Any) -> int:
    """What the command does, with a quicker pulse."""
    run = services.start_run(slug=asked["slug"])
    if run.source.reader == "reso":
        ending = replication.follow(run)
    else:
        ending = crawling.crawl_in_this_process(run, BEAT_SECONDS=BEAT_SECONDS, **asked["options"])
    return int(services.finish_run(run, ending=ending).state != "finished")


def _tell(told: str) -> None:
    sys.stdout.write(f"{told}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
