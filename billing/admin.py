"""The books, to look at."""

from django.contrib import admin

from aiqleads.core.admin import ReadOnlyAdmin
from billing.models import Account, Entry, Journal


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "code", "unit", "balance")
    list_select_related = ("organisation",)


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    list_display = ("posted_at", "key", "memo")


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("journal", "account", "amount", "balance_after")
    list_select_related = ("journal", "account__organisation")
