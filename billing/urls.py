"""Addresses of the credits pages."""

from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("credits/", views.credits, name="credits"),
    path("credits/statement.csv", views.statement_as_table, name="statement_as_table"),
    path("credits/statement.pdf", views.statement_to_print, name="statement_to_print"),
]
