"""Lists of the law for operators: do-not-call editions and how fresh they are, deletion lists and their clock."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.models import DeletionList, DoNotCallCheck, DoNotCallEdition
from accounts.services import deletion_lists, do_not_call
from aiqleads.core import clock
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed

MOST_BYTES = 20_000_000
SOON = timedelta(days=24)


class FileForm(OperatorForm):
    """A form with a file."""

    command = ""
    file = forms.FileField()

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict[str, Any] | None = None) -> None:
        super().__init__(data, files)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"It is larger than 20 MB: use manage.py {self.command}.")
        return file


class EditionForm(FileForm):
    """One file of the national list, or of a state's own."""

    button = "Bring it in"
    command = "import_do_not_call"
    state = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label="State",
        required=False,
        help_text="Two letters, for a state's own list; empty for the national one.",
        error_messages={"invalid": "Enter two letters, or nothing for the national list."},
    )
    as_of = forms.DateField(label="The list's own date", widget=forms.DateInput(attrs={"type": "date"}))

    def write(self, *, actor_id: int) -> str:
        said = self.cleaned_data
        state = said["state"].upper()
        edition = do_not_call.load_edition(
            slug=state.lower() or "federal",
            name=f"Do-not-call list of {state}" if state else "National Do Not Call Registry",
            as_of=said["as_of"],
            lines=do_not_call.lines_of(line.decode("utf-8", "replace") for line in said["file"]),
            state_code=state,
            actor_id=actor_id,
        )
        return f"{edition.numbers:,} numbers are in force; {edition.unreadable:,} lines were no number."


@admin.register(DoNotCallEdition)
class DoNotCallEditionAdmin(ReadOnlyAdmin):
    """Editions of do-not-call lists. Without a fresh one of a list nobody may be called whom it could name."""

    actions_list = ("bring",)
    list_display = ("of_list", "as_of", "freshness", "state", "numbers", "unreadable", "loaded_at")
    list_select_related = ("of_list",)
    list_filter = ("state", "of_list")
    ordering = ("-began_at",)
    fields = (("of_list", "as_of"), ("freshness", "state"), ("numbers", "unreadable"), ("began_at", "loaded_at"))
    labels = {"of_list": "List", "as_of": "As of", "unreadable": "Lines that are no number"}
    empty_value_display = "-"
    when_empty = "No do-not-call list is loaded: every number reads “not checked”, and calling is refused."

    @admin.display(description="Freshness", ordering="as_of")
    def freshness(self, edition: DoNotCallEdition) -> str:
        """Green: numbers are looked for in it. Amber: a week is left. Red: it is older than 31 days."""
        if edition.state != DoNotCallEdition.State.IN_FORCE:
            return "-"
        age = clock.now().date() - edition.as_of
        if age > do_not_call.VALID_FOR:
            return "🔴 Too old: it says nothing"
        left = (do_not_call.VALID_FOR - age).days
        return f"{'🟠' if age >= SOON else '🟢'} {left} days left"

    @door("Bring a list in", icon="upload_file", is_sensitive=True)
    def bring(self, request: HttpRequest) -> HttpResponse:
        form = EditionForm(typed(request), request.FILES if request.method == "POST" else None)
        return self.serve_form(request, form, title="A do-not-call list")


@admin.register(DoNotCallCheck)
class DoNotCallCheckAdmin(ReadOnlyAdmin):
    """When our numbers were looked for in the lists, and how many stood there."""

    list_display = ("began_at", "ended_at", "numbers", "listed")
    ordering = ("-pk",)
    fields = (("began_at", "ended_at"), ("numbers", "listed"), "edition_ids")
    labels = {"edition_ids": "Looked in editions"}
    empty_value_display = "-"
    when_empty = "No number was looked for yet: bring a list in."


class DeletionListForm(FileForm):
    """A state's file of people who asked all data brokers to be deleted."""

    button = "Bring it"
    command = "follow_deletion_list"
    state = forms.RegexField(
        r"^[A-Za-z]{2}$", label="State", initial="CA", error_messages={"invalid": "Enter two letters."}
    )

    def write(self, *, actor_id: int) -> str:
        file = self.cleaned_data["file"]
        brought = deletion_lists.bring_list(
            file=file, file_name=file.name, state_code=self.cleaned_data["state"].upper(), actor_id=actor_id
        )
        deletion_lists.ask_to_follow(list_id=brought.pk, actor_id=actor_id)
        return f"{brought} is here, and followed within the hour."


class FollowForm(OperatorForm):
    """Has a list followed that waits."""

    button = "Follow it now"
    asks_first = True

    def __init__(self, data: QueryDict | None = None, *, brought: DeletionList) -> None:
        self.brought = brought
        super().__init__(data)

    def review(self) -> list[tuple[str, Any]]:
        return [("List", str(self.brought)), ("Whom it names", "Is erased everywhere, and kept out for good")]

    def write(self, *, actor_id: int) -> str:
        deletion_lists.ask_to_follow(list_id=self.brought.pk, actor_id=actor_id)
        return f"{self.brought} is being followed."


@admin.register(DeletionList)
class DeletionListAdmin(ReadOnlyAdmin):
    """Files of states, and how far each was followed. One has to be followed every 45 days."""

    actions_list = ("bring",)
    actions_detail = ("follow",)
    list_display = ("state_code", "brought_at", "state", "next_by", "rows", "matched", "unmatched", "unreadable")
    list_filter = ("state", "state_code")
    ordering = ("-brought_at",)
    fields = (
        ("state_code", "file_name"),
        ("state", "next_by"),
        ("brought_at", "followed_at"),
        ("rows", "matched", "unmatched", "unreadable"),
        "erasures",
    )
    labels = {"state_code": "State", "state": "How far", "erasures": "Erasures that began for it"}
    empty_value_display = "-"
    when_empty = "No state's deletion list was brought yet: one has to be followed every 45 days."

    def closed_doors(self, row: DeletionList) -> Collection[str]:
        return () if row.state == DeletionList.State.WAITING else self.actions_detail

    @admin.display(description="The next one by", ordering="followed_at")
    def next_by(self, brought: DeletionList) -> str:
        """Of each state's newest: red once 45 days are over, amber from the fortieth on, when the alert opens."""
        due = deletion_lists.next_due(brought)
        if due is None:
            return "-"
        left = (due - clock.now()).days
        if left < 0:
            return f"🔴 {due:%B %-d}, {-left} days late"
        warns = deletion_lists.DUE_EVERY - deletion_lists.ALERT_AFTER
        return f"{'🟠' if left < warns.days else '🟢'} {due:%B %-d}, {left} days left"

    @door("Bring a list", icon="upload_file", is_sensitive=True)
    def bring(self, request: HttpRequest) -> HttpResponse:
        form = DeletionListForm(typed(request), request.FILES if request.method == "POST" else None)
        return self.serve_form(request, form, title="A state's deletion list")

    @door("Follow now", icon="play_arrow", is_sensitive=True)
    def follow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        brought = self.find(request, object_id)
        form = FollowForm(typed(request), brought=brought)
        return self.serve_form(request, form, title="Follow this list now?", subject=brought)
