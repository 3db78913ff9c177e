"""The books, to look at, and organisations with their wallets."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import selectors as accounts
from accounts.models import Organisation
from aiqleads.core.admin import ReadOnlyAdmin, door
from billing import selectors
from billing.models import Account, Entry, Journal, Lot


def _credits(organisation: Organisation) -> str:
    return f"{selectors.balance_credits(organisation.pk):,}"


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    """Who buys: their credits, their members and what their plan grants."""

    actions_detail = ("adjust_credits",)
    list_display = ("name", "credits", "created_at")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "credits", "created_at", "members", "plan")

    @admin.display(description="Credits")
    def credits(self, organisation: Organisation) -> str:
        return _credits(organisation)

    @admin.display(description="Members")
    def members(self, organisation: Organisation) -> SafeString:
        return format_html_join(
            "",
            '<p><a href="{}">{}</a>, {}{}</p>',
            (
                (
                    reverse("admin:accounts_user_change", args=[member.user_id]),
                    member.user,
                    member.get_role_display().lower(),
                    "" if member.user.is_active else ", suspended",
                )
                for member in accounts.members(organisation.pk)
            ),
        )

    @admin.display(description="What the plan grants")
    def plan(self, organisation: Organisation) -> SafeString:
        granted = accounts.entitlements(organisation.pk)
        return format_html_join(
            "", "<p>{}: {}</p>", ((key.replace("_", " "), value) for key, value in granted.items())
        )

    @door("Give or take credits", icon="add_card", is_sensitive=True)
    def adjust_credits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        organisation = self.find(request, object_id)
        return redirect(f"{reverse('admin:billing_adjustment_ask')}?organisation={organisation.pk}")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """What organisations have and owe, and the accounts of the house, which keep no balance and are summed."""

    list_display = ("organisation", "kind", "provider", "unit", "kept")
    fields = list_display
    list_select_related = ("organisation",)
    list_filter = ("kind", "unit", "provider")
    search_fields = ("organisation__name",)
    ordering = ("-balance",)
    empty_value_display = "The house"

    @admin.display(description="Balance", ordering="balance")
    def kept(self, account: Account) -> str:
        return f"{account.balance:,}" if account.organisation_id else "Not kept: the sum of its entries"


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """Credits that came in together, and what is left of them."""

    list_display = ("account", "amount", "remaining", "paid_cents", "opened_at", "expires_at")
    fields = list_display
    list_select_related = ("account__organisation",)
    list_filter = ("account__kind", "expires_at")
    search_fields = ("account__organisation__name",)
    ordering = ("-id",)


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    """Each business fact that moved credits, posted once."""

    list_display = ("posted_at", "memo", "moved", "key")
    search_fields = ("key",)
    search_help_text = "Key, such as buy:… or grant:…"
    list_filter = ("posted_at",)
    ordering = ("-posted_at",)
    fields = ("key", "memo", "posted_at", "reverses", "moved")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journal]:
        return super().get_queryset(request).prefetch_related("entries__account__organisation")

    @admin.display(description="Moved")
    def moved(self, journal: Journal) -> SafeString:
        entries = journal.entries.all()
        told = format_html_join("", "<p>{} {}</p>", ((f"{entry.amount:+,}", entry.account) for entry in entries))
        return format_html("<div>{}</div>", told)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Both sides of every journal."""

    list_display = ("journal", "account", "lot", "amount", "balance_after")
    list_select_related = ("journal", "account__organisation", "lot")
    ordering = ("-id",)
