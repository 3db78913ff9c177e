"""Sources and their runs for operators."""

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from aiqleads.core.admin import ReadOnlyAdmin
from leads import selectors as leads
from leads.models import Source
from scraping import services
from scraping.errors import NothingToBelieve
from scraping.models import CrawlRun
from scraping.tasks import crawl_source


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Where leads come from, on what right, and "crawl now"."""

    actions = ("crawl_now",)
    list_display = ("name", "family", "right", "is_paused")
    list_filter = ("family",)
    exclude = ("access_token",)

    @admin.display(description="Right in force")
    def right(self, source: Source) -> str:
        right = leads.right_in_force(source)
        return right.get_basis_display() if right else "None"

    @admin.action(description="Crawl now", permissions=["view"])
    def crawl_now(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        for source in sources:
            crawl_source.delay(source.slug)
            self.message_user(request, f"{source.name}: the crawl is queued; see its runs.", messages.SUCCESS)


@admin.register(CrawlRun)
class CrawlRunAdmin(ReadOnlyAdmin):
    """What each crawl did. A suspicious one can be believed: the next then takes away what it does not meet."""

    actions = ("believe",)
    list_display = (
        "source",
        "state",
        "started_at",
        "requested_count",
        "skipped_count",
        "failed_count",
        "new_count",
        "changed_count",
        "gone_count",
        "reason",
    )
    list_select_related = ("source",)
    list_filter = ("state", "source")

    @admin.action(description="Believe: crawl again and take away what is not met", permissions=["view"])
    def believe(self, request: HttpRequest, runs: QuerySet[CrawlRun]) -> None:
        for run in runs:
            try:
                services.believe_run(run_id=run.pk, actor_id=cast("User", request.user).pk)
            except NothingToBelieve as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                crawl_source.delay(run.source_id)
                self.message_user(
                    request, "The crawl is queued; what it does not meet will be taken away.", messages.SUCCESS
                )
