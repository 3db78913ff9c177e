"""Every address of the REST API. What nothing answers is a problem document too."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts import api as accounts
from aiqleads.core.api import UnknownAddress
from billing import api as billing
from marketplace import api as marketplace
from scraping import api as scraping

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    path("v1/auth/register/", accounts.RegisterView.as_view()),
    path("v1/auth/token/", accounts.TokenView.as_view()),
    path("v1/auth/token/refresh/", accounts.RefreshView.as_view()),
    path("v1/auth/token/revoke/", accounts.RevokeView.as_view()),
    path("v1/me/", accounts.MeView.as_view()),
    path("v1/leads/", marketplace.LeadListView.as_view()),
    path("v1/leads/<uuid:lead_id>/", marketplace.LeadDetailView.as_view()),
    path("v1/leads/<uuid:lead_id>/price-history/", marketplace.PriceHistoryView.as_view()),
    path("v1/leads/<uuid:lead_id>/contact/", marketplace.ContactView.as_view()),
    path("v1/cart/", marketplace.CartView.as_view()),
    path("v1/cart/items/", marketplace.CartItemsView.as_view()),
    path("v1/cart/items/<uuid:claim_id>/", marketplace.CartItemView.as_view()),
    path("v1/cart/items/<uuid:claim_id>/extend/", marketplace.ExtendView.as_view()),
    path("v1/cart/checkout/", marketplace.CheckOutView.as_view()),
    path("v1/purchases/", marketplace.PurchaseListView.as_view()),
    path("v1/purchases/<uuid:purchase_id>/", marketplace.PurchaseDetailView.as_view()),
    path("v1/credits/", billing.CreditsView.as_view()),
    path("v1/credits/entries/", billing.EntriesView.as_view()),
    path("v1/intake/", scraping.IntakeView.as_view()),
    re_path("", UnknownAddress.as_view(schema=None)),
]
