"""What every app's admin is made of: screens that look, and forms that call services.

A screen (``ReadOnlyAdmin``) changes nothing itself. What an operator may do stands above it as a button, which
opens an ``OperatorForm``; the form calls one service, as the pages and the API do.
"""

from django.contrib import admin

from aiqleads.core.admin import alerts, schedules, strangers, trail
from aiqleads.core.admin.forms import OperatorForm, ReasonField, typed
from aiqleads.core.admin.screens import ReadOnlyAdmin, bulk, door, may, operator_id
from aiqleads.core.admin.trail import row_link

__all__ = [
    "OperatorForm",
    "ReadOnlyAdmin",
    "ReasonField",
    "alerts",
    "bulk",
    "door",
    "may",
    "operator_id",
    "row_link",
    "schedules",
    "trail",
    "typed",
]

admin.site.index_title = "Today"
strangers.unregister()
