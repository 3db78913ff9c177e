"""Sources, their rights and their runs for operators."""

from datetime import UTC, date, datetime, time
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.validators import URLValidator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, operator_id, typed
from aiqleads.core.clock import Now
from leads import selectors as leads
from leads import services as lead_services
from leads.models import Source, SourceRight
from scraping import services
from scraping.errors import CrawlRefused, NothingToBelieve, QueueUnreachable
from scraping.models import CrawlRun
from scraping.tasks import crawl_source

USES = [
    ("may_list", "Offer its leads"),
    ("may_value", "Value homes with it"),
    ("may_suppress", "Take leads off with it"),
]


class RightForm(OperatorForm):
    """On what basis a source may be used, for what, and when."""

    button = "Record the right"
    asks_first = True

    basis = forms.ChoiceField(choices=SourceRight.Basis.choices)
    uses = forms.MultipleChoiceField(
        label="It allows to", choices=USES, required=False, widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: from now on.",
    )
    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The first day on which it no longer holds (UTC). Empty: until another is recorded.",
    )
    document = forms.CharField(max_length=300, required=False, help_text="Where the licence or permission is kept.")
    terms_version = forms.CharField(label="Version of the terms", max_length=40, required=False)
    contact_email = forms.EmailField(label="Who granted it (e-mail)", required=False)

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        is_granted = said.get("basis") in {SourceRight.Basis.LICENSED, SourceRight.Basis.PERMISSION}
        if is_granted and not said.get("document") and "document" not in self.errors:
            self.add_error("document", "Say where the licence or permission is kept.")
        return said

    def review(self) -> list[tuple[str, Any]]:
        said = self.cleaned_data
        now = leads.right_in_force(self.source)
        uses = [label for use, label in USES if use in said["uses"]]
        return [
            ("Source", self.source.name),
            ("Now", now.get_basis_display() if now else "No right in force"),
            ("From then on", SourceRight.Basis(said["basis"]).label),
            ("It allows to", ", ".join(uses).lower() or "nothing"),
            ("From", said["since"] or "now"),
            ("Until", said["until"] or "another is recorded"),
            ("Document", said["document"] or "none"),
            ("Leads on offer that it tells of", leads.count_told_by(self.source)),
            (
                "What follows",
                "They stay." if "may_list" in said["uses"] else "They go, unless another source keeps them.",
            ),
        ]

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        lead_services.record_right(
            source=self.source,
            basis=SourceRight.Basis(said["basis"]),
            since=_midnight(said["since"]),
            until=_midnight(said["until"]),
            document=said["document"],
            terms_version=said["terms_version"],
            contact_email=said["contact_email"],
            actor_id=actor_id,
            **{use: use in said["uses"] for use, _ in USES},
        )
        return f"The right of {self.source.name} is recorded."


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


class SourceForm(OperatorForm):
    """How a source is called, reached and weighed, and whether it is crawled."""

    name = forms.CharField(max_length=120)
    base_url = forms.URLField(
        label="Address",
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where its site begins. Without one it cannot be crawled.",
    )
    delay_seconds = forms.IntegerField(
        label="Seconds between two requests",
        min_value=1,
        max_value=300,
        help_text="Sites on this machine are asked without delay.",
    )
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
        kept = ("name", "base_url", "delay_seconds", "trust_percent", "is_paused", "pause_reason")
        super().__init__(data, initial={field: getattr(source, field) for field in kept})

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
            trust_percent=said["trust_percent"],
            pause_reason=said["pause_reason"] if said["is_paused"] else "",
            access_token=said["access_token"] or None,
            actor_id=actor_id,
        )
        return f"{source.name} is changed{' and paused' if source.is_paused else ''}."


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

    :raises CrawlRefused: it may not be crawled
    :raises QueueUnreachable: no worker can be told
    """
    services.request_crawl(slug=source.pk, actor_id=actor_id)
    _enqueue(source.pk)
    return f"{source.name}: the crawl is queued; see its runs."


def _enqueue(slug: str) -> None:
    try:
        crawl_source.delay(slug)
    except (OSError, crawl_source.OperationalError) as error:
        raise QueueUnreachable(
            "The queue of tasks does not answer: nothing was started. Try again soon."
        ) from error


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Where leads come from and on what right; the access token is never shown."""

    actions = ("crawl_now",)
    actions_detail = ("crawl_this", "edit", "record_right")
    list_display = ("name", "family", "right", "last_run", "paused")
    list_filter = ("is_paused", "family")
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": (("name", "family"), ("base_url", "delay_seconds"), ("trust_percent", "has_token"))}),
        ("Right and runs", {"fields": (("right", "rights_so_far"), ("last_run", "paused"))}),
    )
    labels = {"base_url": "Address", "delay_seconds": "Seconds between two requests", "trust_percent": "Trust"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        newest = CrawlRun.objects.filter(source=OuterRef("pk")).order_by("-started_at")
        in_force = SourceRight.objects.filter(source=OuterRef("pk"), during__contains=Now())
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.annotate(
            basis=Subquery(in_force.values("basis")[:1]),
            run_state=Subquery(newest.values("state")[:1]),
            run_at=Subquery(newest.values("started_at")[:1]),
        )

    @admin.display(description="Right in force")
    def right(self, source: Source) -> str:
        return dict(SourceRight.Basis.choices).get(cast("Any", source).basis, "None")

    @admin.display(description="Paused")
    def paused(self, source: Source) -> str:
        return f"Yes: {source.pause_reason}" if source.is_paused else "No"

    @admin.display(description="Rights recorded so far")
    def rights_so_far(self, source: Source) -> int:
        return source.rights.count()

    @admin.display(description="Last run")
    def last_run(self, source: Source) -> str:
        state, at = cast("Any", source).run_state, cast("Any", source).run_at
        return f"{CrawlRun.State(state).label}, {at:%b %d, %H:%M}" if state else "Never"

    @admin.display(description="Access token", boolean=True)
    def has_token(self, source: Source) -> bool:
        return bool(source.access_token)

    @admin.action(description="Crawl now", permissions=["view"])
    def crawl_now(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        for source in sources:
            try:
                told = queue_crawl(source, actor_id=operator_id(request))
            except (CrawlRefused, QueueUnreachable) as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                self.message_user(request, told, messages.SUCCESS)

    @door("Crawl now", icon="sync")
    def crawl_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.find(request, object_id)
        return self.serve_form(
            request, CrawlForm(typed(request), source=source), title=f"Crawl {source.name} now?", subject=source
        )

    @door("Edit", icon="edit")
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


@admin.register(SourceRight)
class SourceRightAdmin(ReadOnlyAdmin):
    """Every right that was ever recorded. A right is not edited; its source's page records the next one."""

    list_display = ("source", "basis", "may_list", "may_value", "may_suppress", "period", "document")
    fields = (*list_display, "terms_version", "contact_email", "recorded_at")
    list_select_related = ("source",)
    list_filter = ("basis", "may_list", "source")
    ordering = ("-recorded_at",)


@admin.register(CrawlRun)
class CrawlRunAdmin(ReadOnlyAdmin):
    """What each crawl did. A suspicious one can be believed: the next then takes away what it does not meet."""

    actions = ("believe",)
    list_display = ("source", "state", "started_at", "pages", "adverts", "reason")
    fields = (
        ("source", "state"),
        ("started_at", "finished_at"),
        ("pages", "adverts"),
        ("parsed_count", "rejected_count"),
        ("reason", "rejected"),
        "is_believed",
        "robots_txt",
    )
    labels = {"is_believed": "Believed by an operator", "robots_txt": "robots.txt"}
    list_select_related = ("source",)
    list_filter = ("state", "source")
    ordering = ("-started_at",)

    @admin.display(description="Pages")
    def pages(self, run: CrawlRun) -> str:
        return f"{run.requested_count:,} fetched, {run.skipped_count:,} skipped, {run.failed_count:,} failed"

    @admin.display(description="Adverts")
    def adverts(self, run: CrawlRun) -> str:
        return (
            f"{run.new_count:,} new, {run.changed_count:,} changed, {run.seen_count:,} seen again,"
            f" {run.gone_count:,} gone"
        )

    @admin.display(description="Why adverts were rejected")
    def rejected(self, run: CrawlRun) -> str:
        return " ".join(f"{reason} ({count:,})" for reason, count in run.rejected_reasons.items())

    @admin.action(description="Believe: crawl again and take away what is not met", permissions=["view"])
    def believe(self, request: HttpRequest, runs: QuerySet[CrawlRun]) -> None:
        for run in runs:
            try:
                services.believe_run(run_id=run.pk, actor_id=operator_id(request))
                _enqueue(run.source_id)
            except (NothingToBelieve, QueueUnreachable) as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
            else:
                self.message_user(
                    request, "The crawl is queued; what it does not meet will be taken away.", messages.SUCCESS
                )
