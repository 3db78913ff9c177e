"""Files for operators: upload, look at what they would become, correct the mapping, have them read in."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, cast

from django import forms
from django.contrib import admin
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict

from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, door, typed
from aiqleads.core.spreadsheets import csv_answer
from leads.models import Kind, Source
from scraping import file_imports, selectors
from scraping.admin.file_report import report_of
from scraping.errors import QueueUnreachable
from scraping.models import ColumnMapping, FileImport
from scraping.readers.mapping import (
    FIELDS,
    KEEPS,
    TRANSFORM_WORDS,
    ColumnRule,
    TableMapping,
    UnusableMapping,
)
from scraping.readers.page import UnreadablePage
from scraping.tasks import count_file, import_file

LEFT_OUT: Final = ("", "Leave it out")
MAX_COLUMNS_SHOWN: Final = 120


class UploadForm(OperatorForm):
    """A table of listings or records, and the source that it is from."""

    button = "Upload and look at it"

    source = forms.ModelChoiceField(queryset=Source.objects.none())
    file = forms.FileField(
        help_text="CSV in any usual encoding, JSON lines or one JSON array; up to 300 MB. Nothing is read in "
        "before you say so."
    )

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict[str, Any] | None = None) -> None:
        self.staged: FileImport | None = None
        super().__init__(data, files)
        cast("forms.ModelChoiceField[Source]", self.fields["source"]).queryset = selectors.sources_of_others()

    def write(self, *, actor_id: int) -> str:
        upload = self.cleaned_data["file"]
        self.staged = file_imports.stage_file(
            source=self.cleaned_data["source"], file=upload, file_name=upload.name, actor_id=actor_id
        )
        _have_counted(self.staged)
        return "The file is here. Look at its first rows, then have it read in."


class MappingForm(OperatorForm):
    """What each column means, with the first rows as they would be read."""

    template = "admin/file_mapping.html"
    button = "Keep this for the file"

    kind = forms.ChoiceField(
        label="Its rows are",
        required=False,
        choices=[("", "No leads: sales, or what a column says"), *Kind.choices],
    )
    keep = forms.ChoiceField(label="Read in", required=False, choices=list(KEEPS.items()))
    constants = forms.CharField(
        label="The same for every row",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One “field = value” a line, such as “state = TX”.",
    )

    def __init__(self, data: QueryDict | None = None, *, staged: FileImport) -> None:
        self.staged = staged
        kept = TableMapping.from_json(staged.mapping_document)
        self.columns = file_imports.preview(staged).columns[:MAX_COLUMNS_SHOWN]
        super().__init__(data, initial=self._initial(kept))
        for number, (column, _) in enumerate(self.columns):
            self.fields[f"field_{number}"] = forms.ChoiceField(
                label=column, required=False, choices=[LEFT_OUT, *FIELDS.items()]
            )
            self.fields[f"how_{number}"] = forms.ChoiceField(
                label=f"How {column} is read", required=False, choices=list(TRANSFORM_WORDS.items())
            )
            self.fields[f"with_{number}"] = forms.CharField(
                label=f"Format or values of {column}", required=False, max_length=1000
            )

    def _initial(self, kept: TableMapping) -> dict[str, str]:
        initial = {"kind": kept.kind or "", "keep": kept.keep}
        fixed = [rule for rule in kept.rules if rule.transform == "constant"]
        initial["constants"] = "\n".join(f"{rule.field} = {rule.argument}" for rule in fixed)
        numbers = {column: number for number, (column, _) in enumerate(self.columns)}
        for rule in kept.rules:
            for column in rule.columns:
                if column in numbers:
                    number = numbers[column]
                    initial |= {f"field_{number}": rule.field, f"how_{number}": rule.transform}
                    initial[f"with_{number}"] = rule.argument or _as_line(rule.values)
        return initial

    @property
    def mapping(self) -> TableMapping:
        """What was typed: columns that fill one field in one way are one rule, in their order.

        :raises UnusableMapping: a line of the constants names no field
        """
        said = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        grouped: dict[tuple[str, str, str], list[str]] = {}
        for number, (column, _) in enumerate(self.columns):
            if field := said.get(f"field_{number}"):
                how = (field, said.get(f"how_{number}") or "first", said.get(f"with_{number}") or "")
                grouped.setdefault(how, []).append(column)
        rules = [_rule(*how, columns) for how, columns in grouped.items()]
        rules += _constants(said.get("constants") or "")
        document = {
            "rules": [vars_of(rule) for rule in rules],
            "kind": said.get("kind") or None,
            "keep": said.get("keep") or "",
        }
        return TableMapping.from_json(document)

    def clean(self) -> dict[str, Any]:
        try:
            _constants(self.cleaned_data.get("constants") or "")
        except UnusableMapping as error:
            self.add_error("constants", str(error))
        return self.cleaned_data

    def rows(self) -> Iterator[tuple[str, str, BoundField, BoundField, BoundField]]:
        """Each column with its first value and its three fields."""
        for number, (column, sample) in enumerate(self.columns):
            yield column, sample, self[f"field_{number}"], self[f"how_{number}"], self[f"with_{number}"]

    def preview(self) -> file_imports.Preview:
        """The first rows as what is typed now would read them."""
        return file_imports.preview(self.staged, mapping=self.mapping)

    def write(self, *, actor_id: int) -> str:
        mapped = file_imports.set_mapping(import_id=self.staged.pk, mapping=self.mapping, actor_id=actor_id)
        _have_counted(mapped)
        return "This is how the file will be read."


def _have_counted(staged: FileImport) -> None:
    """Have it told what the file's rows would become: now where they are few, else by a worker."""
    if not file_imports.count_ahead(import_id=staged.pk, at_most_rows=file_imports.COUNTED_AT_ONCE):
        with suppress(OSError, count_file.OperationalError):  # the page says how many rows were counted
            count_file.delay(str(staged.pk))


def vars_of(rule: ColumnRule) -> dict[str, Any]:
    return {
        "field": rule.field,
        "columns": list(rule.columns),
        "transform": rule.transform,
        "argument": rule.argument,
        "values": dict(rule.values),
    }


def _rule(field: str, transform: str, told: str, columns: list[str]) -> ColumnRule:
    values = _as_values(told) if transform == "lookup" else {}
    argument = "" if transform == "lookup" else told
    return ColumnRule(field=field, columns=tuple(columns), transform=transform, argument=argument, values=values)


def _as_values(line: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in line.split(";") if "=" in pair)
    return {cell.strip().lower(): value.strip() for cell, _, value in pairs}


def _as_line(values: Mapping[str, str]) -> str:
    return "; ".join(f"{cell} = {value}" for cell, value in values.items())


def _constants(lines: str) -> list[ColumnRule]:
    rules = []
    for line in filter(str.strip, lines.splitlines()):
        field, _, value = (part.strip() for part in line.partition("="))
        if field not in FIELDS or not value:
            raise UnusableMapping(f"“{line.strip()[:60]}” names no field. Fields are: {', '.join(FIELDS)}.")
        rules.append(ColumnRule(field=field, transform="constant", argument=value))
    return rules


class ImportForm(OperatorForm):
    """The name under which the mapping is kept, and the button that has the file read in."""

    button = "Read it in"

    mapping_name = forms.CharField(
        label="Keep the mapping as",
        max_length=80,
        help_text="The next file with these columns is read the same way.",
    )

    def __init__(self, data: QueryDict | None = None, *, staged: FileImport) -> None:
        self.staged = staged
        stem = staged.file_name.rsplit(".", 1)[0][:80]
        super().__init__(data, initial={"mapping_name": staged.mapping.name if staged.mapping else stem})

    def write(self, *, actor_id: int) -> str:
        queued = file_imports.request_import(
            import_id=self.staged.pk, mapping_name=self.cleaned_data["mapping_name"], actor_id=actor_id
        )
        try:
            import_file.delay(str(queued.pk))
        except (OSError, import_file.OperationalError) as error:
            raise QueueUnreachable(
                "The queue of tasks does not answer. The file waits in it; try again soon."
            ) from error
        return "The file is queued. This page counts its rows."


class DropForm(OperatorForm):
    """Nothing to fill in: only the button that deletes a file."""

    button = "Drop the file"

    def __init__(self, data: QueryDict | None = None, *, staged: FileImport) -> None:
        self.staged = staged
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        file_imports.drop_file(import_id=self.staged.pk, actor_id=actor_id)
        return "The file is dropped. What was read of it stays."


@admin.register(FileImport)
class FileImportAdmin(ReadOnlyAdmin):
    """Files that operators brought, what they would become, and what they became."""

    given_along = "source"
    actions_list = ("upload",)
    actions_detail = ("read_in", "map_columns", "rejects", "drop")
    list_display = ("file_name", "source", "state", "progress", "counts", "uploaded_at")
    list_select_related = ("source",)
    list_filter = ("state", "source")
    ordering = ("-uploaded_at",)
    fields = (("file_name", "source"), ("uploaded_at", "mapping"))  # what never changes; the report below follows
    change_form_outer_after_template = "admin/file_import.html"

    def closed_doors(self, row: FileImport) -> Collection[str]:
        is_waiting = row.state == FileImport.State.WAITING
        return {"rejects"} if is_waiting else {"read_in", "map_columns"} | (set() if row.stored_as else {"drop"})

    @admin.display(description="Progress")
    def progress(self, staged: FileImport) -> str:
        if staged.state != FileImport.State.RUNNING:
            return f"{staged.read_count:,} rows read"
        percent = 100 * staged.read_bytes // max(staged.size_bytes, 1)
        return f"{percent} % ({staged.read_count:,} rows)"

    @admin.display(description="Rows")
    def counts(self, staged: FileImport) -> str:
        return (
            f"{staged.new_count:,} new, {staged.changed_count:,} changed, {staged.seen_count:,} seen again,"
            f" {staged.rejected_count:,} rejected"
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        staged = self.find(request, object_id)
        told = {"report": report_of(staged), "preview": _preview(staged)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})

    @door("Upload a file", icon="upload_file")
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(typed(request), request.FILES if request.method == "POST" else None)
        answer = self.serve_form(request, form, title="Upload a file")
        return redirect(self.address(form.staged)) if form.staged else answer

    @door("Read it in", icon="play_arrow")
    def read_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        staged = self.find(request, object_id)
        form = ImportForm(typed(request), staged=staged)
        return self.serve_form(request, form, title=f"Read {staged.file_name} in?", subject=staged)

    @door("Columns", icon="table_chart")
    def map_columns(self, request: HttpRequest, object_id: str) -> HttpResponse:
        staged = self.find(request, object_id)
        if staged.state != FileImport.State.WAITING:
            return self._turn_back(request, staged, "Columns are set before a file is read in.")
        form = MappingForm(typed(request), staged=staged)
        return self.serve_form(request, form, title=f"Columns of {staged.file_name}", subject=staged)

    @door("Rejected rows (CSV)", icon="download", needs="view")
    def rejects(self, request: HttpRequest, object_id: str) -> HttpResponse:
        staged = self.find(request, object_id)
        rows = staged.rejected_rows.order_by("line").values_list("line", "reason")
        return csv_answer(f"rejected-{staged.pk}.csv", ["line", "reason"], rows)

    @door("Drop", icon="delete")
    def drop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        staged = self.find(request, object_id)
        form = DropForm(typed(request), staged=staged)
        return self.serve_form(request, form, title=f"Drop {staged.file_name}?", subject=staged)

    def _turn_back(self, request: HttpRequest, staged: FileImport, says: str) -> HttpResponse:
        self.message_user(request, says, "ERROR")
        return redirect(self.address(staged))


def _preview(staged: FileImport) -> file_imports.Preview | None:
    """The first rows of a file that is still there, for its operator's eyes."""
    if staged.state != FileImport.State.WAITING:
        return None
    try:
        return file_imports.preview(staged)
    except (UnreadablePage, OSError):  # the row below says what became of it
        return None


@admin.register(ColumnMapping)
class ColumnMappingAdmin(ReadOnlyAdmin):
    """How each source's files are read, in every version so far."""

    given_along = "source"
    list_display = ("name", "source", "version", "reads", "created_at")
    list_select_related = ("source",)
    list_filter = ("source",)
    search_fields = ("name",)
    ordering = ("source", "name", "-version")
    fields = (("name", "source"), ("version", "created_at"), "reads", "rules")

    @admin.display(description="Its rows are")
    def reads(self, mapping: ColumnMapping) -> str:
        kind = mapping.document.get("kind")
        return str(Kind(kind).label) if kind else "no leads, or what a column says"

    @admin.display(description="Rules")
    def rules(self, mapping: ColumnMapping) -> str:
        read = TableMapping.from_json(mapping.document)
        return "\n".join(
            f"{FIELDS[rule.field]}: {', '.join(rule.columns) or rule.argument} ({TRANSFORM_WORDS[rule.transform]})"
            for rule in read.rules
        )
