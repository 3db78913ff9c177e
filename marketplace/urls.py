"""Addresses of the marketplace's pages."""

from django.urls import path

from marketplace.views import carts, finding, leads, purchases, returns, waiting

app_name = "marketplace"

urlpatterns = [
    path("leads/", finding.lead_list, name="lead_list"),
    path("leads/<uuid:lead_id>/", leads.lead_detail, name="lead_detail"),
    path("leads/<uuid:lead_id>/card/", leads.lead_card, name="lead_card"),
    path("leads/<uuid:lead_id>/hold/", leads.hold, name="hold"),
    path("leads/<uuid:lead_id>/waitlist/", waiting.join, name="join_waitlist"),
    path("leads/<uuid:lead_id>/waitlist/leave/", waiting.leave, name="leave_waitlist"),
    path("waitlist/", waiting.waitlist, name="waitlist"),
    path("cart/", carts.cart, name="cart"),
    path("cart/items/<uuid:claim_id>/release/", carts.release, name="release"),
    path("cart/items/<uuid:claim_id>/extend/", carts.extend, name="extend"),
    path("cart/checkout/", carts.checkout, name="checkout"),
    path("purchases/", purchases.purchase_list, name="purchase_list"),
    path("purchases/<uuid:purchase_id>/", purchases.purchase_detail, name="purchase_detail"),
    path("purchases/<uuid:purchase_id>/return/", returns.give_back, name="give_back"),
    path("purchases/<uuid:purchase_id>/return/appeal/", returns.appeal, name="appeal"),
]
