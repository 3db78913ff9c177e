"""Addresses of the pages of homeowners and buyers."""

from django.urls import path

from scraping import views

app_name = "scraping"

urlpatterns = [
    path("sell/", views.sell, name="sell"),
    path("find-an-agent/", views.find_agent, name="find_agent"),
    path("requests/sent/", views.sent, name="sent"),
    path("requests/code/<str:token>/", views.enter_code, name="code"),
    path("requests/code/<str:token>/another/", views.send_another_code, name="another_code"),
    path("requests/confirm/<str:token>/", views.confirm, name="confirm"),
    path("requests/withdraw/<str:token>/", views.withdraw, name="withdraw"),
]
