"""Several crawls in a row, each in a process of its own that starts in a tenth of a second.

Scrapy's reactor starts once per process, and loading Django and Scrapy takes each process seconds. Here one process
loads them, knows no database yet, and is forked for each crawl; it ends when we do, and its forks with it.
"""

import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from threading import Thread
from typing import Final

from aiqleads.core import origins

LOADED_ONCE: Final = "scraping.loaded_once"


def crawl_each(slugs: Sequence[str], *, at_once: int, within_seconds: float) -> dict[str, int]:
    """Crawl sources as ``manage.py crawl`` does, and return each one's exit code.

    :param at_once: how many processes crawl
    :param within_seconds: how long one of them may
    """
    forking = get_context("forkserver")
    forking.set_forkserver_preload([LOADED_ONCE])
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return dict(zip(slugs, pool.map(partial(_fork, forking, within_seconds), slugs), strict=True))


def _fork(forking: ForkServerContext, within_seconds: float, slug: str) -> int:
    process = forking.Process(target=_crawl, args=(slug,))
    process.start()
    process.join(within_seconds)
    if process.exitcode is None:
        process.terminate()
        process.join()
    return process.exitcode or 0


def _crawl(slug: str) -> None:
    """What a fork does. Standard output is our starter's, who may write a document there."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415  (the fork has it; its starter too)

    Thread(target=_end_with_starter, daemon=True).start()
    with Path(os.devnull).open("w") as nowhere, origins.coming_from(origins.of_work("command", "crawl")):
        try:
            call_command("crawl", slug, stdout=nowhere)
        except CommandError as refusal:
            sys.exit(f"CommandError: {refusal}")


def _end_with_starter() -> None:
    """End in order when our starter does, even by kill -9; our parent only forks."""
    starter = parent_process()
    if starter is not None:
        wait([starter.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
