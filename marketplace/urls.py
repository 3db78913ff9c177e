"""Addresses of the marketplace's pages."""

from django.urls import path

from marketplace import views

app_name = "marketplace"

urlpatterns = [
    path("leads/", views.lead_list, name="lead_list"),
    path("leads/<uuid:lead_id>/", views.lead_detail, name="lead_detail"),
    path("leads/<uuid:lead_id>/card/", views.lead_card, name="lead_card"),
    path("leads/<uuid:lead_id>/hold/", views.hold, name="hold"),
    path("cart/", views.cart, name="cart"),
    path("cart/items/<uuid:claim_id>/release/", views.release, name="release"),
    path("cart/items/<uuid:claim_id>/extend/", views.extend, name="extend"),
    path("cart/checkout/", views.checkout, name="checkout"),
    path("purchases/", views.purchase_list, name="purchase_list"),
    path("purchases/<uuid:purchase_id>/", views.purchase_detail, name="purchase_detail"),
]
