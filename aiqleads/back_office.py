"""How the admin looks and what its menu says: the values of the ``UNFOLD`` setting.

Colours are those of ``static/css/aiqleads.css`` (hue 163 for what can be pressed, hue 190 for ink and paper),
spread over the eleven steps that unfold's theme has.
"""

from functools import cache, partial
from typing import Any, Final

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

INK: Final = {
    "50": "oklch(98.2% .005 130)",
    "100": "oklch(95.6% .008 140)",
    "200": "oklch(90.8% .010 150)",
    "300": "oklch(84% .014 165)",
    "400": "oklch(70% .020 180)",
    "500": "oklch(55% .024 190)",
    "600": "oklch(44% .024 190)",
    "700": "oklch(36% .026 190)",
    "800": "oklch(29% .022 195)",
    "900": "oklch(21% .018 195)",
    "950": "oklch(15.5% .014 195)",
}
ACCENT: Final = {
    "50": "oklch(97.4% .016 163)",
    "100": "oklch(95.4% .028 163)",
    "200": "oklch(90.5% .060 163)",
    "300": "oklch(85% .110 163)",
    "400": "oklch(76% .130 163)",
    "500": "oklch(62% .125 163)",
    "600": "oklch(47% .100 163)",
    "700": "oklch(42% .092 163)",
    "800": "oklch(36% .080 163)",
    "900": "oklch(31% .064 165)",
    "950": "oklch(24% .046 168)",
}


REVIEW: Final = "review"


def _list(title: str, icon: str, model: str, query: str = "") -> dict[str, Any]:
    """An entry of the menu: the list of ``model``, named as in addresses (``leads_lead``), and narrowed."""
    return {
        **_entry(title, icon, f"{model}_changelist", query),
        "permission": partial(_sees, model),
    }


def _entry(title: str, icon: str, page: str, query: str = "") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": partial(_link, page, query), "active": partial(_shows, page)}


def _link(page: str, query: str, _request: HttpRequest) -> str:
    return _address(page) + query


def _shows(page: str, request: HttpRequest) -> bool:
    return request.path.startswith(_address(page))


@cache
def _address(page: str) -> str:
    """Of a page of the back office. Every page shows them all, and looking up fifty took 3 ms."""
    return reverse(f"admin:{page}")


def _sees(model: str, request: HttpRequest) -> bool:
    """Whether the operator may look at the list of ``model``, or at some of it."""
    from django.contrib import admin  # noqa: PLC0415  (settings load this module before there are apps)

    app, _, name = model.rpartition("_")
    return admin.site.get_model_admin(apps.get_model(app, name)).has_view_permission(request)


def _today() -> dict[str, Any]:
    return {**_entry("Today", "today", "index"), "active": lambda request: request.path == _address("index")}


def _review_queue() -> dict[str, Any]:
    leads = _list("Review queue", "rule", "leads_lead", f"?state__exact={REVIEW}")
    shows_leads = leads["active"]
    return {
        **leads,
        "active": lambda request: shows_leads(request) and _is_narrowed_to_review(request),
        "badge": "marketplace.dashboard.review_badge",
        "badge_variant": "primary",
    }


def _all_leads() -> dict[str, Any]:
    leads = _list("All leads", "home_work", "leads_lead")
    shows_leads = leads["active"]
    return {**leads, "active": lambda request: shows_leads(request) and not _is_narrowed_to_review(request)}


def _returns() -> dict[str, Any]:
    return {
        **_list("Returns", "undo", "marketplace_return", "?waits=yes"),
        "badge": "marketplace.dashboard.returns_badge",
        "badge_variant": "primary",
    }


def _adjustments() -> dict[str, Any]:
    return {
        **_list("Adjustments", "add_card", "billing_adjustment", "?state__exact=waiting"),
        "badge": "billing.admin.adjustments.waiting_badge",
        "badge_variant": "primary",
    }


def _licences() -> dict[str, Any]:
    return {
        **_list("Licences", "license", "accounts_licence", "?waits=yes"),
        "badge": "accounts.admin.licences.waiting_badge",
        "badge_variant": "primary",
    }


def _is_narrowed_to_review(request: HttpRequest) -> bool:
    return request.GET.get("state__exact") == REVIEW


MENU: Final[list[dict[str, Any]]] = [
    {
        "items": [
            _today(),
            _list("Alerts", "notifications", "core_alert"),
        ]
    },
    {
        "title": "Leads",
        "items": [
            _review_queue(),
            _list("Doubtful pairs", "join_inner", "leads_doubtfulpair", "?state__exact=open"),
            _all_leads(),
            _list("Merges", "merge", "leads_merge"),
            _list("Scores", "speed", "leads_score"),
            _list("Thresholds", "tune", "leads_judgingpolicy"),
            _list("Scoring models", "model_training", "leads_scoringmodel"),
        ],
    },
    {
        "title": "Sources",
        "items": [
            _list("Sources", "travel_explore", "leads_source"),
            _list("Rights", "gavel", "leads_sourceright"),
            _list("Runs", "sync", "scraping_crawlrun"),
            _list("Suppliers' keys", "key", "scraping_supplierkey"),
            _list("Files", "upload_file", "scraping_fileimport"),
            _list("Mappings", "table_chart", "scraping_columnmapping"),
            _list("Status words", "translate", "scraping_statusrule"),
            _list("Saved pages", "bookmarks", "scraping_savedpage"),
        ],
    },
    {
        "title": "Market",
        "items": [
            _list("Offers", "storefront", "marketplace_listing"),
            _list("Claims", "timer", "marketplace_claim"),
            _list("Queues", "hourglass_top", "marketplace_waitlistentry"),
            _list("Territories", "map", "marketplace_territory"),
            _list("Standing orders", "shopping_cart_checkout", "marketplace_standingorder"),
            _list("Purchases", "shopping_bag", "marketplace_purchase"),
            _list("Purchase intents", "pending_actions", "marketplace_purchaseintent"),
            _returns(),
            _list("Engagements", "edit_note", "marketplace_engagement"),
            _list("Deliveries", "outgoing_mail", "marketplace_delivery"),
            _list("Receivers", "webhook", "marketplace_receiver"),
            _list("Return policies", "assignment_return", "marketplace_returnpolicy"),
            _list("Price policies", "sell", "pricing_pricepolicy"),
        ],
    },
    {
        "title": "Money",
        "items": [
            _list("Payments", "payments", "billing_payment"),
            _list("Auto recharges", "autorenew", "billing_autorecharge"),
            _list("Plans", "card_membership", "billing_plan"),
            _list("Packs", "inventory", "billing_pack"),
            _list("Subscriptions", "autorenew", "billing_subscription"),
            _list("Plans at providers", "sync_alt", "billing_planatprovider"),
            _list("Refunds", "undo", "billing_refund"),
            _list("Disputes", "gavel", "billing_dispute"),
            _list("Differences", "difference", "billing_difference"),
            _list("Reconciliations", "balance", "billing_reconciliation"),
            _list("Inbox messages", "inbox", "billing_inboxmessage"),
            _list("Accounts", "account_balance_wallet", "billing_account"),
            _list("Lots", "savings", "billing_lot"),
            _list("Journals", "menu_book", "billing_journal"),
            _adjustments(),
            _list("Invoices", "receipt", "billing_invoice"),
            _list("Tax rates", "percent", "billing_taxrate"),
        ],
    },
    {
        "title": "People",
        "items": [
            _list("Users", "person", "accounts_user"),
            _list("Organisations", "groups", "accounts_organisation"),
            _list("Privacy requests", "privacy_tip", "accounts_privacyrequest"),
            _list("Reported buyers", "report", "accounts_reportedbuyer"),
            _licences(),
        ],
    },
    {
        "title": "Left alone",
        "items": [
            _list("Suppressions", "do_not_disturb_on", "accounts_suppression"),
            _list("Do-not-call lists", "phone_disabled", "accounts_donotcalledition"),
            _list("Do-not-call checks", "phone_callback", "accounts_donotcallcheck"),
            _list("Deletion lists", "playlist_remove", "accounts_deletionlist"),
            _list("Erasures", "ink_eraser", "accounts_erasure"),
        ],
    },
    {
        "title": "Models",
        "items": [
            _list("Model routes", "alt_route", "ai_route"),
            _list("Model calls", "receipt_long", "ai_modelcall"),
            _list("Model spend", "payments", "ai_spend"),
            _list("Model batches", "inventory_2", "ai_batchjob"),
            _list("Vector recipes", "hub", "leads_vectorrecipe"),
        ],
    },
    {
        "title": "Machinery",
        "items": [
            _list("Schedules", "schedule", "django_celery_beat_periodictask"),
            _list("Outbox", "outbox", "core_outboxevent"),
            _list("Audit trail", "policy", "core_auditentry"),
        ],
    },
]

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "AIQLeads",
    "SITE_HEADER": "AIQLeads",
    "SITE_SUBHEADER": "Operators",
    "SITE_ICON": lambda _request: static("icons/favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("icons/favicon.svg")}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"base": INK, "primary": ACCENT},
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "marketplace.dashboard.add_to_index",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": MENU},
}
