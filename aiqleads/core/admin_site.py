"""The back office's site: unfold's, without what it reckons for every page and no page of ours shows.

An operator's page took 70 ms, and a third of that went into the menu: each entry copied, asked for its address
anew and wrapped in a class of its own, and beside it the list of all models that Django's own menu would show.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, lazy
from django.utils.module_loading import import_string
from unfold.sites import UnfoldAdminSite

if TYPE_CHECKING:
    Site = AdminSite
else:
    Site = UnfoldAdminSite


class BackOffice(Site):
    """Reckons for a page the menu of ``UNFOLD["SIDEBAR"]`` alone."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Every app's models, found once somebody looks at them: the list of one app, and no menu of ours."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The menu's groups as unfold's templates read them, with the entry that is looked at marked as such."""
        return [
            {**group, "items": [_entry(request, item) for item in group["items"]]}
            for group in settings.UNFOLD["SIDEBAR"]["navigation"]
        ]


def _entry(request: HttpRequest, item: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        **item,
        "link": item["link"](request),
        "active": item["active"](request),
        "has_permission": "permission" not in item or item["permission"](request),
    }
    if "badge" in item:
        entry["badge_callback"] = lazy(import_string(item["badge"]))(request)  # asked where the entry is shown
    return entry
