"""Feeds for operators: what a listing service's words mean, and how it is entered."""

from django import forms
from django.contrib import admin
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse, QueryDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from leads.models import Source
from scraping.feeds import services
from scraping.models import FeedAccess, StatusRule


class StatusRuleForm(OperatorForm):
    """What one word means. Feeds that write it are read once more from the beginning."""

    button = "Keep the rule"

    says = forms.CharField(
        label="The service writes", max_length=60, help_text="Case, spaces and signs do not count."
    )
    meaning = forms.ChoiceField(label="It means", choices=StatusRule.Meaning.choices)
    source = forms.ModelChoiceField(
        queryset=Source.objects.filter(family=Source.Family.MLS).order_by("name"),
        required=False,
        empty_label="Every MLS feed",
        label="Who writes it so",
    )

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        rule = services.set_status_rule(
            says=said["says"],
            meaning=StatusRule.Meaning(said["meaning"]),
            source_slug=said["source"].pk if said["source"] else None,
            actor_id=actor_id,
        )
        return f"“{rule.says}” means {rule.get_meaning_display().lower()} from the next run on."


class FeedAccessForm(OperatorForm):
    """How a feed is entered, and what it is asked for."""

    token_url = forms.URLField(
        label="Address for tokens",
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where client credentials are changed for a token. Empty: the source's own token is sent.",
    )
    client_id = forms.CharField(max_length=200, required=False)
    client_secret = forms.CharField(
        label="New client secret",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Replaces the one that is kept. Empty: it stays. It is never shown.",
    )
    scope = forms.CharField(max_length=200, required=False)
    licence_filter = forms.CharField(
        label="Only records that",
        max_length=500,
        required=False,
        help_text="As OData writes it, where the licence says so.",
    )
    page_size = forms.IntegerField(label="Records at once", min_value=1, max_value=2000)
    overlap_minutes = forms.IntegerField(label="Minutes looked at again", min_value=0, max_value=1440)
    reconcile_hours = forms.IntegerField(label="Hours between comparing every key", min_value=0, max_value=720)
    has_pictures = forms.BooleanField(label="Ask for pictures", required=False)

    def __init__(self, data: QueryDict | None = None, *, source: Source) -> None:
        self.source = source
        access = FeedAccess.objects.filter(source=source).first() or FeedAccess(source=source)
        shown = [name for name in self.base_fields if name != "client_secret"]
        super().__init__(data, initial={name: getattr(access, name) for name in shown})

    def write(self, *, actor_id: int) -> str:
        said = dict(self.cleaned_data)
        secret = said.pop("client_secret") or None
        services.set_feed_access(slug=self.source.pk, client_secret=secret, actor_id=actor_id, **said)
        return f"{self.source.name}: its feed is entered so from the next run on."


@admin.register(StatusRule)
class StatusRuleAdmin(ReadOnlyAdmin):
    """What listing services' words for a listing's state mean to us."""

    actions_list = ("set_rule",)
    list_display = ("says", "meaning", "who")
    list_filter = ("meaning",)
    search_fields = ("says",)
    list_select_related = ("source",)
    ordering = ("says",)

    @admin.display(description="Who writes it so", ordering="source__name")
    def who(self, rule: StatusRule) -> str:
        return rule.source.name if rule.source else "Every MLS feed"

    @door("Explain a word", icon="add")
    def set_rule(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, StatusRuleForm(typed(request)), title="What does a listing service mean?")
