"""Where leads come from: the registry of sources, and the forms that change one."""

from collections.abc import Collection
from typing import Any, Final, cast

from django import forms
from django.contrib import admin, messages
from django.core.validators import URLValidator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.safestring import SafeString

from aiqleads.core import clock
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, bulk, door, may, operator_id, typed
from aiqleads.core.clock import Now
from leads import services as lead_services
from leads.models import Source, SourceRight
from scraping import selectors, services
from scraping.admin.areas import AreaForm
from scraping.admin.delegations import DelegationForm
from scraping.admin.feeds import FeedAccessForm
from scraping.admin.history import history
from scraping.admin.pages import SavePageForm, SelectorsForm
from scraping.admin.rights import RightForm
from scraping.admin.run_bars import newest_runs, run_bars
from scraping.admin.runs import CrawlForm, queue_crawl
from scraping.errors import CrawlRefused, QueueUnreachable
from scraping.feeds import is_feed
from scraping.models import CrawlRun, QueuedCrawl
from scraping.readers import READERS

OF_A_SITE: Final = frozenset({"crawl_this", "add_area", "selectors", "save_page", "feed_access"})
PACE: Final = ("delay_seconds", "requests_at_once", "adapts_pace")
KEPT: Final = ("name", "base_url", *PACE, "trust_percent", "is_paused", "pause_reason")

_WEB: Final = URLValidator(schemes=["http", "https"])


class WebAddressField(forms.URLField):
    """Where a source's site begins."""

    def __init__(self, **options: Any) -> None:
        usual = {"label": "Address", "required": False, "assume_scheme": "https"}
        told = "Where its site begins. Without one it cannot be crawled."
        super().__init__(**{**usual, "help_text": told, "validators": [_WEB], **options})


class NewSourceForm(OperatorForm):
    """A place that leads may come from. Nothing is fetched before a right is recorded and its schedule is on."""

    button = "Add the source"

    name = forms.CharField(max_length=120)
    slug = forms.SlugField(
        label="Short name",
        max_length=60,
        help_text="Small letters, digits and hyphens: how commands and schedules call it. It stays.",
    )
    family = forms.ChoiceField(choices=Source.Family.choices)
    reader = forms.ChoiceField(
        choices=[(slug, slug) for slug in sorted(READERS)],
        help_text="What reads its pages. “fsbo” reads any site with structured data or labelled facts.",
    )
    base_url = WebAddressField()

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        source = services.add_source(**{**said, "family": Source.Family(said["family"])}, actor_id=actor_id)
        return f"{source.name} is added. Record a right before it can be crawled."


class SourceForm(OperatorForm):
    """How a source is called, reached and weighed, and whether it is crawled."""

    name = forms.CharField(max_length=120)
    base_url = WebAddressField()
    delay_seconds = forms.IntegerField(
        label="Seconds between two requests",
        min_value=1,
        max_value=300,
        help_text="Sites on this machine are asked without delay.",
    )
    requests_at_once = forms.IntegerField(label="Requests at once", min_value=1, max_value=16)
    adapts_pace = forms.BooleanField(label="Ask more slowly while the site answers slowly", required=False)
    trust_percent = forms.IntegerField(
        label="Trust", min_value=0, max_value=100, help_text="Whose word counts when sources disagree: 0 to 100."
    )
    is_paused = forms.BooleanField(label="Paused: do not crawl it for now", required=False)
    pause_reason = ReasonField(label="Why it is paused", required=False)
    access_token = forms.CharField(
        label="New access token",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Replaces the one that is kept. Empty: it stays. It is never shown.",
    )

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data, initial={field: getattr(source, field) for field in KEPT})

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("is_paused") and not said.get("pause_reason") and "pause_reason" not in self.errors:
            self.add_error("pause_reason", "Say why, so that others know when it may go on.")
        return said

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        source = lead_services.edit_source(
            slug=self.source.pk,
            name=said["name"],
            base_url=said["base_url"],
            delay_seconds=said["delay_seconds"],
            requests_at_once=said["requests_at_once"],
            adapts_pace=said["adapts_pace"],
            trust_percent=said["trust_percent"],
            pause_reason=said["pause_reason"] if said["is_paused"] else "",
            access_token=said["access_token"] or None,
            actor_id=actor_id,
        )
        return f"{source.name} is changed{' and paused' if source.is_paused else ''}."


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Where leads come from and on what right; the access token is never shown."""

    actions = ("crawl_now",)
    actions_list = ("add_source",)
    actions_detail = (
        "crawl_this",
        "edit",
        "record_right",
        "delegate",
        {"title": "Reading", "icon": "tune", "items": ["add_area", "selectors", "save_page", "feed_access"]},
    )
    list_display = ("name", "family", "right", "last_run", "health", "paused")
    list_per_page = 50
    list_filter = ("is_paused", "family")
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": (("name", "family"), "base_url", ("trust_percent", "has_token"), PACE)}),
        ("Right and runs", {"fields": (("right", "rights_so_far"), ("last_run", "health"), ("paused", "areas"))}),
    )
    change_form_outer_after_template = "admin/source_history.html"
    given_along = "pk"
    has_delegate_permission = may("delegate")
    labels = {
        "base_url": "Address",
        "delay_seconds": "Seconds between two requests",
        "trust_percent": "Trust",
        "requests_at_once": "Requests at once",
        "adapts_pace": "Adapts to the site's pace",
    }

    def closed_doors(self, row: Source) -> Collection[str]:
        if is_feed(row):
            return {"add_area", "selectors"}
        return {"feed_access"} if selectors.has_site(row) else OF_A_SITE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        newest = CrawlRun.objects.filter(source=OuterRef("pk")).order_by("-started_at")
        in_force = SourceRight.objects.filter(source=OuterRef("pk"), during__contains=Now())
        since = clock.now() - selectors.QUEUED_WITHIN
        waiting = QueuedCrawl.objects.filter(source=OuterRef("pk"), queued_at__gt=since)
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.annotate(
            newest_runs=newest_runs(),
            basis=Subquery(in_force.values("basis")[:1]),
            run_state=Subquery(newest.values("state")[:1]),
            run_at=Subquery(newest.values("started_at")[:1]),
            queued_at=Subquery(waiting.values("queued_at")[:1]),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"history": history(self.find(request, object_id))}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @admin.display(description="Right in force")
    def right(self, source: Source) -> str:
        return dict(SourceRight.Basis.choices).get(cast("Any", source).basis, "None")

    @admin.display(description="Paused")
    def paused(self, source: Source) -> str:
        return f"Yes: {source.pause_reason}" if source.is_paused else "No"

    @admin.display(description="Rights recorded so far")
    def rights_so_far(self, source: Source) -> int:
        return source.rights.count()

    @admin.display(description="Areas")
    def areas(self, source: Source) -> str:
        names = [area.name if area.is_enabled else f"{area.name} (off)" for area in source.areas.all()]
        return ", ".join(names) or "Its front page"

    @admin.display(description="Last run")
    def last_run(self, source: Source) -> str:
        state, at = cast("Any", source).run_state, cast("Any", source).run_at
        if cast("Any", source).queued_at:
            return f"Waits for a worker since {cast('Any', source).queued_at:%H:%M} UTC"
        if state:
            return f"{CrawlRun.State(state).label}, {at:%b %d, %H:%M}"
        return "Never" if selectors.has_site(source) else "Not crawled: comes by file or form"

    @admin.display(description="Newest runs")
    def health(self, source: Source) -> SafeString | str:
        return run_bars(cast("Any", source).newest_runs) if selectors.has_site(source) else "-"

    @admin.display(description="Access token", boolean=True)
    def has_token(self, source: Source) -> bool:
        return bool(source.access_token)

    @bulk("Crawl now")
    def crawl_now(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        for source in sources:
            try:
                told = queue_crawl(source, actor_id=operator_id(request))
            except (CrawlRefused, QueueUnreachable) as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                self.message_user(request, told, messages.SUCCESS)

    @door("New source", icon="add")
    def add_source(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, NewSourceForm(typed(request)), title="Add a source")

    @door("Crawl now", icon="sync")
    def crawl_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        return self.serve_form(
            request, CrawlForm(typed(request), source=source), title=f"Crawl {source.name} now?", subject=source
        )

    @door("Edit", icon="edit", is_sensitive=True)
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        return self.serve_form(
            request, SourceForm(typed(request), source=source), title=f"Edit {source.name}", subject=source
        )

    @door("Record a right", icon="gavel")
    def record_right(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        return self.serve_form(
            request,
            RightForm(typed(request), source=source),
            title=f"Record a right for {source.name}",
            subject=source,
        )

    @door("Delegate", icon="assignment_ind", needs="delegate", is_sensitive=True)
    def delegate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        form = DelegationForm(typed(request), source=source)
        return self.serve_form(request, form, title=f"Who looks after {source.name}", subject=source)

    @door("Selectors", icon="frame_inspect")
    def selectors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        form = SelectorsForm(typed(request), source=source)
        return self.serve_form(request, form, title=f"Selectors of {source.name}", subject=source)

    @door("Feed access", icon="key", is_sensitive=True)
    def feed_access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        form = FeedAccessForm(typed(request), source=source)
        return self.serve_form(request, form, title=f"How the feed of {source.name} is entered", subject=source)

    @door("Save a page", icon="bookmark_add")
    def save_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        form = SavePageForm(typed(request), source=source)
        return self.serve_form(request, form, title=f"Save a page of {source.name} as a test", subject=source)

    @door("Add an area", icon="add_location")
    def add_area(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        return self.serve_form(
            request, AreaForm(typed(request), source=source), title=f"Add an area to {source.name}", subject=source
        )
