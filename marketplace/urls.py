"""Addresses of the marketplace's pages."""

from django.urls import path

from marketplace.views import (
    carts,
    clusters,
    crm,
    finding,
    leads,
    notifications,
    outcomes,
    proofs,
    purchases,
    returns,
    searches,
    waiting,
    watching,
)

app_name = "marketplace"

urlpatterns = [
    path("leads/", finding.lead_list, name="lead_list"),
    path("leads/map/", clusters.lead_map, name="lead_map"),
    path("leads/<uuid:lead_id>/", leads.lead_detail, name="lead_detail"),
    path("leads/<uuid:lead_id>/card/", leads.lead_card, name="lead_card"),
    path("leads/<uuid:lead_id>/hold/", leads.hold, name="hold"),
    path("leads/<uuid:lead_id>/waitlist/", waiting.join, name="join_waitlist"),
    path("leads/<uuid:lead_id>/waitlist/leave/", waiting.leave, name="leave_waitlist"),
    path("waitlist/", waiting.waitlist, name="waitlist"),
    path("leads/<uuid:lead_id>/watch/", watching.watch, name="watch"),
    path("leads/<uuid:lead_id>/unwatch/", watching.unwatch, name="unwatch"),
    path("watchlist/", watching.watchlist, name="watchlist"),
    path("compare/", watching.compare, name="compare"),
    path("alerts/", notifications.notification_list, name="notification_list"),
    path("alerts/read/", notifications.read_all, name="read_all"),
    path("alerts/choices/", notifications.notification_choices, name="notification_choices"),
    path("alerts/stop/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("alerts/<uuid:notification_id>/open/", notifications.open_notification, name="open_notification"),
    path("searches/", searches.search_list, name="search_list"),
    path("searches/<uuid:search_id>/", searches.show_search, name="show_search"),
    path("searches/<uuid:search_id>/change/", searches.change_search, name="change_search"),
    path("searches/<uuid:search_id>/delete/", searches.delete_search, name="delete_search"),
    path("crm-matches/", crm.crm_matches, name="crm_matches"),
    path("cart/", carts.cart, name="cart"),
    path("cart/items/<uuid:claim_id>/release/", carts.release, name="release"),
    path("cart/items/<uuid:claim_id>/extend/", carts.extend, name="extend"),
    path("cart/checkout/", carts.checkout, name="checkout"),
    path("proof/", proofs.check_proof, name="check_proof"),
    path("proof/keys/", proofs.keys, name="proof_keys"),
    path("proof/<uuid:lead_id>/", proofs.proof, name="proof"),
    path("purchases/", purchases.purchase_list, name="purchase_list"),
    path("purchases/<uuid:purchase_id>/", purchases.purchase_detail, name="purchase_detail"),
    path("purchases/<uuid:purchase_id>/outcome/", outcomes.mark, name="mark_outcome"),
    path("outcomes/<str:token>/", outcomes.mark_by_letter, name="mark_outcome_by_letter"),
    path("purchases/<uuid:purchase_id>/return/", returns.give_back, name="give_back"),
    path("purchases/<uuid:purchase_id>/return/appeal/", returns.appeal, name="appeal"),
]
