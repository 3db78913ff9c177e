"""Every address of the REST API. What nothing answers is a problem document too."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts import api as accounts
from aiqleads.core.api import UnknownAddress
from billing import api as billing
from marketplace.api import (
    areas,
    carts,
    clusters,
    crm,
    leads,
    notifications,
    outcomes,
    proofs,
    purchases,
    recommendations,
    returns,
    searches,
    waiting,
    watching,
)
from scraping import api as scraping

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    path("v1/auth/register/", accounts.RegisterView.as_view()),
    path("v1/auth/token/", accounts.TokenView.as_view()),
    path("v1/auth/token/refresh/", accounts.RefreshView.as_view()),
    path("v1/auth/token/revoke/", accounts.RevokeView.as_view()),
    path("v1/me/", accounts.MeView.as_view()),
    path("v1/leads/", leads.LeadListView.as_view()),
    path("v1/leads/clusters/", clusters.ClustersView.as_view()),
    path("v1/leads/<uuid:lead_id>/", leads.LeadDetailView.as_view()),
    path("v1/leads/<uuid:lead_id>/price-history/", leads.PriceHistoryView.as_view()),
    path("v1/leads/<uuid:lead_id>/proof/", proofs.ProofView.as_view()),
    path("v1/leads/<uuid:lead_id>/contact/", leads.ContactView.as_view()),
    path("v1/leads/<uuid:lead_id>/waitlist/", waiting.WaitlistView.as_view()),
    path("v1/cart/", carts.CartView.as_view()),
    path("v1/cart/items/", carts.CartItemsView.as_view()),
    path("v1/cart/items/<uuid:claim_id>/", carts.CartItemView.as_view()),
    path("v1/cart/items/<uuid:claim_id>/extend/", carts.ExtendView.as_view()),
    path("v1/cart/checkout/", carts.CheckOutView.as_view()),
    path("v1/purchases/", purchases.PurchaseListView.as_view()),
    path("v1/purchases/<uuid:purchase_id>/", purchases.PurchaseDetailView.as_view()),
    path("v1/purchases/<uuid:purchase_id>/outcome/", outcomes.OutcomeView.as_view()),
    path("v1/purchases/<uuid:purchase_id>/return/", returns.ReturnView.as_view()),
    path("v1/purchases/<uuid:purchase_id>/return/appeal/", returns.AppealView.as_view()),
    path("v1/saved-searches/", searches.SavedSearchesView.as_view()),
    path("v1/saved-searches/<uuid:search_id>/", searches.SavedSearchView.as_view()),
    path("v1/crm-matches/", crm.CrmMatchesView.as_view()),
    path("v1/recommendations/", recommendations.RecommendationsView.as_view()),
    path("v1/watchlist/", watching.WatchlistView.as_view()),
    path("v1/watchlist/<uuid:lead_id>/", watching.WatchedLeadView.as_view()),
    path("v1/organisation/area/", areas.WorkAreaView.as_view()),
    path("v1/notifications/", notifications.NotificationListView.as_view()),
    path("v1/notifications/read/", notifications.NotificationsReadView.as_view()),
    path("v1/notifications/choices/", notifications.NotificationChoicesView.as_view()),
    path("v1/credits/", billing.CreditsView.as_view()),
    path("v1/credits/entries/", billing.EntriesView.as_view()),
    path("v1/intake/", scraping.IntakeView.as_view()),
    re_path("", UnknownAddress.as_view(schema=None)),
]
