"""Screens that look and change nothing, with buttons that lead to the forms of ``forms``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import localize
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.decorators import action

from aiqleads.core import delegated, sensitive
from aiqleads.core.admin.forms import OperatorForm
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = UnfoldModelAdmin

Method = TypeVar("Method", bound=Callable[..., HttpResponse])
Action = TypeVar("Action", bound=Callable[..., HttpResponse | None])


def operator_id(request: HttpRequest) -> int:
    """Who acts; the admin lets in nobody who is not logged in."""
    return int(cast("AbstractUser", request.user).pk)


def door(says: str, *, icon: str, needs: str = "act", is_sensitive: bool = False) -> Callable[[Method], Method]:
    """Make a method answer the button ``says`` above a list (``actions_list``) or a row (``actions_detail``).

    :param needs: what an operator's roles have to allow: ``has_<needs>_permission`` of the screen is asked
    :param is_sensitive: who opens it proves first who they are, unless they did of late
    """
    opened = cast("Callable[[Method], Method]", action(description=says, permissions=[needs], icon=icon))
    return (lambda method: opened(sensitive.guarded(method))) if is_sensitive else opened


def bulk(says: str, *, needs: str = "act") -> Callable[[Action], Action]:
    """Make a method act on what was chosen in a list (``actions``). Who acts on many proves first who they are."""
    made = admin.action(description=says, permissions=[needs])
    return lambda method: made(sensitive.guarded(method))


def may(verb: str) -> Callable[..., bool]:
    """A screen's ``has_<verb>_permission``: whether the operator's roles let them see it, and do ``verb`` there.

    On a row, whoever was given it may as well.
    """

    def has_permission(screen: "ReadOnlyAdmin", request: HttpRequest, object_id: object = None) -> bool:
        if _may(request, verb, screen.opts):
            return screen.has_view_permission(request)
        return object_id is not None and verb in screen.given_verbs and screen.is_given_row(request, object_id)

    return has_permission


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows to operators who may look and changes none: no add, change or delete, no count of large tables."""

    show_full_result_count = False
    actions: Sequence[str] = ()
    labels: Mapping[str, str] = {}
    """What fields are called on a row's page, where a form's word for them is another."""
    given_along = ""
    """The path from a row to what can be given to one operator, such as a source; "" where nothing can."""
    given_verbs: Collection[str] = ("change",)
    """What whoever was given a row does with it."""
    when_empty = "Nothing here yet."
    """What a list without rows says: why there are none, and what brings some."""

    @admin.display(description="When", ordering="during")
    def period(self, row: Any) -> str:
        """The column ``during`` in words."""
        return _in_words(row.during)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Help texts of models tell how to fill in a field, and nobody fills in anything here."""
        silent = {field.name: "" for field in self.opts.fields}
        return super().get_form(request, obj, change, labels=self.labels, help_texts=silent, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A list that nothing narrows offers no "Show all", which Django does whenever the full count is off."""
        shown = super().get_changelist_instance(request)
        if not shown.params:
            shown.full_result_count = shown.result_count
        return shown

    def closed_doors(self, row: Any) -> Collection[str]:
        """Buttons of ``actions_detail`` that make no sense on ``row``: they are not shown."""
        return ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons above a row, without those that are closed there."""
        row = self.get_object(request, unquote(str(object_id)))
        closed = self.closed_doors(row) if row else ()
        shown: list[Any] = cast("Any", super()).get_actions_detail(request, object_id)
        return [button for button in shown if button.method.__name__ not in closed]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return _may(request, "view", self.opts) or self.is_given(request)

    def is_given(self, request: HttpRequest) -> bool:
        """Whether the operator has no role for this screen, and was given something that it shows."""
        return bool(self.given_along) and not _may(request, "view", self.opts) and _is_given_any(request)

    def is_given_row(self, request: HttpRequest, object_id: object) -> bool:
        """Whether one row leads to what the operator was given."""
        if not self.given_along or not _is_given_any(request):
            return False
        try:
            return bool(self._given_rows(request).filter(pk=unquote(str(object_id))).exists())
        except (ValueError, ValidationError):
            return False

    def _given_rows(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.all()
        return rows.filter(**{f"{self.given_along}__in": delegated.given(request)})

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """All rows, or those that lead to what the operator was given."""
        rows: models.QuerySet[Any] = super().get_queryset(request)
        if not self.is_given(request):
            return rows
        theirs: models.QuerySet[Any] = rows.filter(pk__in=self._given_rows(request).values("pk"))
        return theirs

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Without filters that name what was not given."""
        filters: Any = super().get_list_filter(request)
        return [one for one in filters if one != self.given_along] if self.is_given(request) else filters

    has_act_permission = may("change")
    """Whether the operator's roles open the doors of this screen."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to a row stands in the audit trail; Django's own log is not written."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        subject = f"{self.opts.label_lower}:{unquote(object_id)}"
        return redirect(f"{reverse('admin:core_auditentry_changelist')}?subject={subject}")

    def find(self, request: HttpRequest, object_id: str) -> Any:
        """The row that a button was pressed on.

        :raises Http404: there is none
        :raises PermissionDenied: the operator does not see this screen, whether there is one or not
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            row = self.get_object(request, unquote(object_id))
        except ValidationError as error:
            raise Http404 from error
        if row is None:
            raise Http404
        return row

    def serve_form(
        self,
        request: HttpRequest,
        form: OperatorForm,
        *,
        title: str,
        subject: models.Model | None = None,
        carried: Mapping[str, Sequence[str]] | None = None,
    ) -> HttpResponse:
        """Show ``form``, ask for confirmation where it wants one, and write it once it is complete.

        :param subject: the row whose page comes next; None for the list
        :param carried: hidden fields that come back with the form, such as an action's selection
        """
        back = self.address(subject)
        shown = {
            "form": form,
            "title": title,
            "back": back,
            "carried": carried or {},
            "opts": self.opts,
            "original": subject,
        }
        step = request.POST.get("step", "")
        if form.is_bound and step not in {"edit", "preview"} and form.is_valid():
            if form.asks_first and step != "confirm":
                return self._render(request, "admin/operator_confirmation.html", shown)
            if self._write(request, form):
                return redirect(back)
        return self._render(request, form.template, shown)

    def address(self, subject: models.Model | None) -> str:
        """Where a row is shown; the list for None."""
        base = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{base}_change", args=[quote(subject.pk)]) if subject else reverse(f"{base}_changelist")

    def _write(self, request: HttpRequest, form: OperatorForm) -> bool:
        try:
            told = form.write(actor_id=operator_id(request))
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        except LockTimeout:
            form.add_error(None, "Somebody else is changing this right now. Nothing was changed; try again.")
        else:
            self.message_user(request, told, messages.SUCCESS)
            return True
        return False

    def _render(self, request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
        form: OperatorForm = shown["form"]
        status = 422 if form.is_bound and form.errors else 200
        context = {**self.admin_site.each_context(request), **shown}
        return TemplateResponse(request, template, context, status=status)


def _in_words(during: DateTimeTZRange) -> str:
    if during.isempty:
        return "Never came into force"
    if during.upper is None:
        return f"Since {localize(during.lower)}"
    same_day = during.lower is not None and during.lower.date() == during.upper.date()
    return f"{localize(during.lower)} to {localize(during.upper.time() if same_day else during.upper)}"


def _is_given_any(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_staff", False)) and delegated.is_any(request)


def _may(request: HttpRequest, verb: str, model: Any) -> bool:
    """What an operator may do is the sum of their groups (``accounts.staff`` has the table)."""
    user = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(f"{model.app_label}.{verb}_{model.model_name}"))
