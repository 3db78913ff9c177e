"""Sources and their runs for operators."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aiqleads.core.admin import ReadOnlyAdmin
from leads import selectors as leads
from leads.models import Source
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
