"""What an operator has to look at."""

from collections.abc import Collection

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.safestring import SafeString

from aiqleads.core import alerts
from aiqleads.core.admin.forms import OperatorForm, typed
from aiqleads.core.admin.screens import ReadOnlyAdmin, door
from aiqleads.core.admin.trail import row_link
from aiqleads.core.models import Alert


class CloseForm(OperatorForm):
    """Nothing to fill in: what is still wrong opens again by itself."""

    button = "Close the alert"

    def __init__(self, data: QueryDict | None = None, *, alert: Alert) -> None:
        self.alert = alert
        super().__init__(data)

    def write(self, *, actor_id: int) -> str:
        was_open = alerts.close_alert(key=self.alert.key, actor_id=actor_id)
        return "The alert is closed." if was_open else "It was closed already."


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Alerts, the open ones first."""

    actions_detail = ("close",)
    list_display = ("says", "about", "opened_at", "noticed_at", "times", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    fields = ("says", "about", ("opened_at", "noticed_at"), ("times", "closed_at"), "mailed_at")
    search_fields = ("key", "says")
    ordering = (F("closed_at").asc(nulls_first=True), "-opened_at")
    empty_value_display = "-"

    def closed_doors(self, row: Alert) -> Collection[str]:
        return self.actions_detail if row.closed_at else ()

    @admin.display(description="About")
    def about(self, alert: Alert) -> SafeString | str:
        return row_link(alert.subject) if alert.subject else "-"

    @door("Close", icon="check")
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self.find(request, object_id)
        return self.serve_form(request, CloseForm(typed(request), alert=alert), title="Close this alert?")
