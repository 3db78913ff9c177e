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
from billing.admin import columns
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

    list_display = ("organisation", "kind", "where", "unit", "kept")
    fields = list_display
    list_select_related = ("organisation",)
    list_filter = ("kind", "unit", "provider")
    search_fields = ("organisation__name",)
    ordering = ("-balance",)
    empty_value_display = "The house"

    @admin.display(description="At the provider", ordering="provider")
    def where(self, account: Account) -> str:
        return account.provider or "-"

    @admin.display(description="Balance", ordering="balance")
    def kept(self, account: Account) -> str:
        return f"{account.balance:,}" if account.organisation_id else "Not kept: the sum of its entries"


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """Credits that came in together, and what is left of them."""

    list_display = ("account", "came_in", "left", "paid", "opened_at", "expires_at")
    fields = list_display
    empty_value_display = "Never"
    came_in = columns.credits("amount", "Credits that came in")
    left = columns.credits("remaining", "Left")
    paid = columns.dollars("paid_cents", "Paid for them")
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
        told = format_html_join("", "<p>{}, {}</p>", ((_moved(entry), entry.account.named) for entry in entries))
        return format_html("<div>{}</div>", told)


def _moved(entry: Entry) -> str:
    is_money = entry.account.unit == Account.Unit.USD_CENTS
    return f"{entry.amount / 100:+,.2f} USD" if is_money else f"{entry.amount:+,} credits"


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Both sides of every journal."""

    list_display = ("journal", "account", "lot", "moved", "balance_after")
    list_select_related = ("journal", "account__organisation", "lot")
    ordering = ("-id",)

    @admin.display(description="Moved", ordering="amount")
    def moved(self, entry: Entry) -> str:
        return _moved(entry)
