"""Crawls in processes of their own that start in a tenth of a second: forks of one that has loaded everything.

``python -m tests.scraping.crawl_forks`` reads slugs, crawls each source in a fork, and tells the fork's number when
it starts and its exit code when it ended.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from aiqleads.embedded.processes import die_with_parent

BEAT_SECONDS = 0.05


@dataclass
class Forks:
    """The client's side; one crawl at a time."""

    process: "subprocess.Popen[str]"
    crawler: int = 0

    def start(self, slug: str) -> None:
        """Start to crawl a source."""
        self._ask(slug)
        self.crawler = self._told()

    def has_ended(self, *, within_seconds: float) -> bool:
        """Wait for the crawl to end, and no longer."""
        return bool(select.select([self.process.stdout], [], [], within_seconds)[0])

    def exit_code(self) -> int:
        """Wait for the crawl to end; -9 where it was killed."""
        return self._told()

    def _ask(self, slug: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{slug}\n")
        self.process.stdin.flush()

    def _told(self) -> int:
        """A line, byte by byte: what is read ahead could not be waited for."""
        assert self.process.stdout is not None
        number, line = self.process.stdout.fileno(), b""
        while not line.endswith(b"\n"):
            line += os.read(number, 1) or b"-1\n"
        return int(line)


@contextmanager
def forking() -> Iterator[Forks]:
    """Start the process that forks; it crawls in the database that ``for_subprocesses`` names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scraping.crawl_forks"],
        cwd=settings.BASE_DIR,
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
            os._exit(_crawl(line.strip(), services, crawling, replication))
        _tell(child)
        _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


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


def _crawl(slug: str, services: Any, crawling: Any, replication: Any) -> int:
    """What the command does, with a quicker pulse."""
    run = services.start_run(slug=slug)
    if run.source.reader == "reso":
        ending = replication.follow(run)
    else:
        ending = crawling.crawl_in_this_process(run, BEAT_SECONDS=BEAT_SECONDS)
    return int(services.finish_run(run, ending=ending).state != "finished")


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
