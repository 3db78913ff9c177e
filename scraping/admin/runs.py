"""Crawls for operators: the button that queues one, and what each of them did."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, bulk, operator_id
from leads.models import Source
from scraping import services
from scraping.admin.history import report
from scraping.errors import NothingToBelieve, QueueUnreachable
from scraping.models import CrawlRun
from scraping.tasks import crawl_source


class CrawlForm(OperatorForm):
    """Nothing to fill in: only the button that queues a crawl."""

    button = "Crawl now"

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        return queue_crawl(self.source, actor_id=actor_id)


def queue_crawl(source: Source, *, actor_id: int) -> str:
    """Have a worker crawl ``source`` next.

    :raises CrawlRefused: it may not be crawled, is being crawled, or a crawl of it waits already
    :raises QueueUnreachable: no worker can be told
    """
    services.request_crawl(slug=source.pk, actor_id=actor_id)
    try:
        enqueue_crawl(source.pk)
    except QueueUnreachable:
        services.forget_request(slug=source.pk)
        raise
    return f"{source.name}: the crawl is queued; see its runs."


def enqueue_crawl(slug: str) -> None:
    """:raises QueueUnreachable: no worker can be told"""
    try:
        crawl_source.delay(slug)
    except (OSError, crawl_source.OperationalError) as error:
        raise QueueUnreachable(
            "The queue of tasks does not answer: nothing was started. Try again soon."
        ) from error


@admin.register(CrawlRun)
class CrawlRunAdmin(ReadOnlyAdmin):
    """What each crawl did. A suspicious one can be believed: the next then takes away what it does not meet."""

    given_along = "source"
    actions = ("believe",)
    list_display = ("source", "state", "started_at", "pages", "adverts", "reason")
    fields = (
        ("source", "started_at"),
        ("is_full", "is_believed"),
        "robots",
    )
    change_form_outer_after_template = "admin/crawl_run_report.html"
    labels = {"is_believed": "Believed by an operator", "is_full": "Whole crawl"}
    list_select_related = ("source",)
    list_filter = ("state", "source")
    ordering = ("-started_at",)

    @admin.display(description="robots.txt")
    def robots(self, run: CrawlRun) -> SafeString | str:
        return format_html('<pre class="robots">{}</pre>', run.robots_txt) if run.robots_txt else "-"

    @admin.display(description="Pages")
    def pages(self, run: CrawlRun) -> str:
        return f"{run.requested_count:,} fetched, {run.skipped_count:,} skipped, {run.failed_count:,} failed"

    @admin.display(description="Adverts")
    def adverts(self, run: CrawlRun) -> str:
        return (
            f"{run.new_count:,} new, {run.changed_count:,} changed, {run.seen_count:,} seen again,"
            f" {run.gone_count:,} gone"
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"report": report(self.find(request, object_id))}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @bulk("Believe: crawl again and take away what is not met")
    def believe(self, request: HttpRequest, runs: QuerySet[CrawlRun]) -> None:
        for run in runs:
            try:
                believed = services.believe_run(run_id=run.pk, actor_id=operator_id(request))
                services.release_believed(believed)
                enqueue_crawl(run.source_id)
            except (NothingToBelieve, QueueUnreachable) as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                self.message_user(
                    request, "The crawl is queued; what it does not meet will be taken away.", messages.SUCCESS
                )
