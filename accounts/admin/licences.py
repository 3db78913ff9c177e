"""Licences for operators: what waits for a check, decided with one click or with a reason."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import selectors, services
from accounts.models import Licence
from aiqleads.core import sensitive
from aiqleads.core.admin import OperatorForm, ReadOnlyAdmin, ReasonField, door, operator_id, typed
from aiqleads.core.refusals import Refusal


class WaitingFilter(admin.SimpleListFilter):
    """What a person has to check."""

    title = "check"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a check")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Licence]) -> QuerySet[Licence]:
        return queryset.filter(pk__in=selectors.waiting_licences()) if self.value() else queryset


class LicenceForm(OperatorForm):
    """A decision about one licence."""

    def __init__(self, data: QueryDict | None = None, *, licence: Licence) -> None:
        self.licence = licence
        super().__init__(data)


class VerifyForm(LicenceForm):
    """Nothing to fill in."""

    button = "Verify"

    def write(self, *, actor_id: int) -> str:
        licence = services.verify_licence(licence_id=self.licence.pk, actor_id=actor_id)
        return _verified(licence)


class RefuseForm(LicenceForm):
    """Why it does not count; its agent reads it."""

    button = "Refuse"

    reason = ReasonField(help_text="The agent reads this.")

    def write(self, *, actor_id: int) -> str:
        licence = services.refuse_licence(
            licence_id=self.licence.pk, reason=self.cleaned_data["reason"], actor_id=actor_id
        )
        return f"{licence}: refused. The agent is told."


def _verified(licence: Licence) -> str:
    return f"{licence}: verified. The agent is told."


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    """What agents wrote down. The queue is the filter "Waits for a check"; its buttons decide from the list."""

    actions_detail = ("verify", "refuse")
    list_display = ("agent", "state_code", "licence_number", "expires_on", "state", "added_at", "decide")
    list_select_related = ("user",)
    list_filter = (WaitingFilter, "state", "state_code")
    search_fields = ("user__email",)
    search_help_text = "E-mail of the agent"
    ordering = ("added_at",)
    fields = (
        ("agent", "name"),
        ("state_code", "licence_number"),
        ("expires_on", "elsewhere"),
        ("state", "why"),
        ("added_at", "checked_at"),
        ("checked_by", "checked_with"),
    )
    empty_value_display = "-"
    when_empty = "No agent has written a licence down."

    def closed_doors(self, row: Licence) -> Collection[str]:
        closed = {
            Licence.State.WAITING: (),
            Licence.State.VERIFIED: ("verify",),
        }
        return closed.get(Licence.State(row.state), self.actions_detail)

    @admin.display(description="Agent")
    def agent(self, licence: Licence) -> str:
        return licence.user.email

    @admin.display(description="Name")
    def name(self, licence: Licence) -> str:
        return licence.user.get_full_name() or "-"

    @admin.display(description="Number")
    def licence_number(self, licence: Licence) -> str:
        return licence.number or "-"

    @admin.display(description="Given by other agents too")
    def elsewhere(self, licence: Licence) -> str:
        others = selectors.same_licence_elsewhere(licence)
        return f"Yes, by {others}: ask whose it is" if others else "No"

    @admin.display(description="Decide")
    def decide(self, licence: Licence) -> SafeString | str:
        if licence.state != Licence.State.WAITING:
            return "-"
        return format_html(
            '<button formmethod="post" formaction="{}" class="text-link">Verify</button> · '
            '<a class="text-link" href="{}">Refuse</a>',
            reverse("admin:accounts_licence_verify_now", args=[licence.pk]),
            reverse("admin:accounts_licence_refuse", args=[licence.pk]),
        )

    def get_urls(self) -> list[URLPattern]:
        """One address more: the button in the list, which posts."""
        view = self.admin_site.admin_view(self.verify_now)
        return [
            path("<uuid:licence_id>/verify-now/", view, name="accounts_licence_verify_now"),
            *super().get_urls(),
        ]

    def verify_now(self, request: HttpRequest, licence_id: UUID) -> HttpResponse:
        """Verify from the list, and come back to what waits."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if asked := sensitive.ask_first(request):
            return asked
        licence = self.find(request, str(licence_id))
        try:
            services.verify_licence(licence_id=licence.pk, actor_id=operator_id(request))
        except Refusal as refusal:
            self.message_user(request, refusal.detail, messages.WARNING)
        else:
            self.message_user(request, _verified(licence), messages.SUCCESS)
        return redirect(f"{reverse('admin:accounts_licence_changelist')}?waits=yes")

    @door("Verify", icon="check", is_sensitive=True)
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        licence = self.find(request, object_id)
        form = VerifyForm(typed(request), licence=licence)
        return self.serve_form(request, form, title=f"Verify the {licence}?", subject=licence)

    @door("Refuse", icon="block", is_sensitive=True)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        licence = self.find(request, object_id)
        form = RefuseForm(typed(request), licence=licence)
        return self.serve_form(request, form, title=f"Refuse the {licence}?", subject=licence)


def waiting_badge(request: HttpRequest) -> int:
    """How many licences wait for a check, beside the menu's entry."""
    return selectors.waiting_licences().count()
