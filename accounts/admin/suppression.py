"""Who must not come back or be contacted, for operators: marks by the beginning of their hash, never a value.

Whoever is looked up is typed into a form and kept nowhere. Every door here asks first who it is, and is audited.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.models import Suppression
from accounts.privacy.people import Person
from accounts.services import opt_outs, suppression
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, typed

HOW = [("telephone", "By telephone"), ("letter", "By letter or e-mail"), ("door", "At the door, or otherwise")]
MOST_BYTES = 20_000_000
SHOWN_OF_A_HASH = 8


class NamingForm(OperatorForm):
    """Somebody, by what they are known by."""

    phone = forms.CharField(label="Telephone number", required=False, max_length=40)
    email = forms.EmailField(label="E-mail address", required=False, max_length=200)

    def named(self) -> tuple[list[str], list[str]]:
        """The numbers and the addresses that were typed."""
        said = self.cleaned_data
        return [said["phone"]] if said["phone"] else [], [said["email"]] if said["email"] else []


class ObjectionForm(NamingForm):
    """What somebody told us by another way than an answer to a text."""

    button = "Leave them alone"
    how = forms.ChoiceField(label="How they told us", choices=HOW, widget=forms.RadioSelect)

    def write(self, *, actor_id: int) -> str:
        phones, emails = self.named()
        marks = opt_outs.note_objection(
            phones=phones, emails=emails, how=self.cleaned_data["how"], actor_id=actor_id
        )
        if not marks:
            return "They are on our own do-not-contact list already."
        return "They are on our own do-not-contact list. Whoever bought their contact is told."


class LookUpForm(NamingForm):
    """Whether somebody is on the list; what is typed is kept nowhere."""

    button = "Look them up"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not (said.get("phone") or said.get("email")):
            self.add_error("phone", "Enter a telephone number or an e-mail address.")
        return said

    def write(self, *, actor_id: int) -> str:
        phones, emails = self.named()
        rows = suppression.look_up(Person.of(phones=phones, emails=emails), actor_id=actor_id)
        if not rows:
            return "Nothing is on the list for what was typed."
        told = (f"{row.get_scope_display().lower()}, since {row.since:%B %-d, %Y}" for row in rows)
        return f"On the list: {'; '.join(told)}."


class ListForm(OperatorForm):
    """A list of our own, from a brokerage or an earlier system: a number or an address a line."""

    button = "Bring it in"
    file = forms.FileField(
        help_text="Numbers and e-mail addresses, one a line; up to 20 MB. Keyed hashes are kept, the file is not."
    )

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict[str, Any] | None = None) -> None:
        super().__init__(data, files)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("It is larger than 20 MB: use manage.py import_do_not_contact.")
        return file

    def write(self, *, actor_id: int) -> str:
        lines = (line.decode("utf-8", "replace").strip() for line in self.cleaned_data["file"])
        people = (_read(line) for line in lines if line)
        new = suppression.bring_list(people, actor_id=actor_id)
        return f"{new:,} marks are new on our own do-not-contact list."


def _read(line: str) -> Person:
    return Person.of(emails=[line]) if "@" in line else Person.of(phones=[line])


class LiftForm(OperatorForm):
    """Takes one mark off, because its person wants to come back and proved who they are."""

    button = "Lift it"
    asks_first = True
    reason = ReasonField(help_text="How they proved who they are.")

    def __init__(self, data: QueryDict | None = None, *, row: Suppression) -> None:
        self.row = row
        super().__init__(data)

    def review(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Mark", str(self.row)),
            ("From then on", "Crawls may bring them again, and they may be contacted as a passport says"),
        ]

    def write(self, *, actor_id: int) -> str:
        suppression.lift_row(suppression_id=self.row.pk, reason=self.cleaned_data["reason"], actor_id=actor_id)
        return "The mark is lifted. Others of the same person stay."


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Marks of people who asked to be left alone, the newest first."""

    actions_list = ("note", "look_up", "bring")
    actions_detail = ("lift",)
    list_display = ("known_as", "kind", "scope", "why", "since", "lifted_at")
    list_filter = ("scope", "why", "kind", ("lifted_at", admin.EmptyFieldListFilter))
    ordering = ("-pk",)
    fields = (("known_as", "kind"), ("scope", "why"), ("since", "lifted_at"))
    labels = {"since": "Since", "lifted_at": "Lifted"}
    empty_value_display = "-"
    when_empty = "Nobody asked to be left alone yet."

    def closed_doors(self, row: Suppression) -> Collection[str]:
        return self.actions_detail if row.lifted_at else ()

    @admin.display(description="Mark", ordering="pk")
    def known_as(self, row: Suppression) -> str:
        """The beginning of a keyed hash: enough to tell two marks apart, too little to try values against."""
        version, _, digits = row.hash.partition(":")
        return f"{digits[:SHOWN_OF_A_HASH]}… (key {version})"

    @door("Note an objection", icon="do_not_disturb_on", is_sensitive=True)
    def note(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, ObjectionForm(typed(request)), title="Who asked to be left alone?")

    @door("Look somebody up", icon="person_search", is_sensitive=True)
    def look_up(self, request: HttpRequest) -> HttpResponse:
        return self.serve_form(request, LookUpForm(typed(request)), title="Is somebody on the list?")

    @door("Bring a list in", icon="upload_file", is_sensitive=True)
    def bring(self, request: HttpRequest) -> HttpResponse:
        form = ListForm(typed(request), request.FILES if request.method == "POST" else None)
        return self.serve_form(request, form, title="People who must not be contacted")

    @door("Lift", icon="undo", is_sensitive=True)
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.serve_form(request, LiftForm(typed(request), row=row), title="Lift this mark?", subject=row)
