"""Public reads of crawling."""

from django.db.models import Prefetch, QuerySet

from leads.models import Source
from scraping.models import CrawlRun


def sources_with_last_run() -> QuerySet[Source]:
    """Every source by name, each with its newest run as the only one of ``last_runs`` (empty: never crawled)."""
    newest = CrawlRun.objects.order_by("source", "-started_at").distinct("source")
    return Source.objects.order_by("name").prefetch_related(Prefetch("crawl_runs", newest, to_attr="last_runs"))


def find_last_run(source: Source) -> CrawlRun | None:
    """The newest run of a source, whatever became of it."""
    return CrawlRun.objects.filter(source=source).order_by("-started_at").first()
