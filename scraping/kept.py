"""How long the tables of crawling and intake are kept."""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import Q

from aiqleads.core import retention
from scraping import file_imports, memory, submissions
from scraping.errors import FileRefused
from scraping.models import FileImport, Submission

REQUESTS: Final = timedelta(days=90)
SUBMISSIONS: Final = timedelta(days=730)
SAVED_PAGES: Final = retention.YEAR


def say() -> None:
    """Say it of every table."""
    _say_of_crawls()
    _say_of_doors()
    _say_of_files()
    retention.keep("says how a source is read; operators change it",
                   "scraping.feedaccess", "scraping.feedstate", "scraping.statusrule", "scraping.crawlarea",
                   "scraping.siteselectors", "scraping.columnmapping", "scraping.bundledworld")  # fmt: skip


def _say_of_crawls() -> None:
    over = "their run was over"
    retention.rows("crawl runs", "scraping.crawlrun", "finished_at", kept=retention.YEAR, since="they were over")
    retention.rows(
        "addresses that crawls asked for",
        "scraping.crawlrequest",
        "run__finished_at",
        kept=REQUESTS,
        since=over,
    )
    retention.goes_with("scraping.crawlrun", "scraping.fieldhealth")
    retention.keep("goes as soon as the crawl begins", "scraping.queuedcrawl")
    retention.rows(
        "memories of pages", "scraping.pagememory", "read_at", kept=memory.FORGOTTEN_AFTER, since="they were met"
    )
    retention.rows(
        "memories of pictures", "scraping.picturememory", "seen_at", kept=REQUESTS, since="they were looked at"
    )
    retention.rows(
        "addresses of pictures",
        "scraping.advertpictures",
        "noted_at",
        kept=REQUESTS,
        since="they were noted, where nobody looked at them",
        where=Q(addresses__isnull=False),
    )
    retention.rows("saved pages", "scraping.savedpage", "saved_at", kept=SAVED_PAGES, since="they were saved")


def _say_of_doors() -> None:
    waiting = Q(state=Submission.State.WAITING)
    retention.rows(
        "unconfirmed submissions",
        "scraping.submission",
        "sent_at",
        kept=submissions.CONFIRM_WITHIN,
        since="they were sent in",
        where=waiting,
    )
    retention.rows(
        "confirmed submissions",
        "scraping.submission",
        "confirmed_at",
        kept=SUBMISSIONS,
        since="they were confirmed",
        where=~waiting,
    )
    retention.rows(
        "codes by text message",
        "scraping.phonecode",
        "asked_at",
        kept=submissions.CONFIRM_WITHIN,
        since="they were asked for",
    )
    retention.rows(
        "suppliers' keys", "scraping.supplierkey", "revoked_at", kept=retention.YEAR, since="they were revoked"
    )


def _say_of_files() -> None:
    retention.register(
        retention.Rule(
            what="files that nobody had read in",
            tables=["scraping.fileimport"],
            kept=file_imports.KEPT_FOR,
            since="they were brought",
            due=lambda before: sum(1 for _ in file_imports.waiting_since(before)),
            let_go=_drop_files,
        )
    )
    unread = Q(state__in=[FileImport.State.WAITING, FileImport.State.QUEUED, FileImport.State.RUNNING])
    retention.rows(
        "reports on files",
        "scraping.fileimport",
        "uploaded_at",
        kept=retention.YEAR,
        since="they were brought",
        where=~unread,
    )
    retention.goes_with("scraping.fileimport", "scraping.rejectedrow")


def _drop_files(before: datetime, most: int) -> int:
    some = list(islice(file_imports.waiting_since(before), most))
    for import_id in some:
        with suppress(FileRefused):  # somebody dropped it meanwhile
            file_imports.drop_file(import_id=import_id, actor_id=None)
    return len(some)
