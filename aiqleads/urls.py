"""Every address the product answers."""

from allauth.account import views as allauth
from allauth.socialaccount.views import signup as social_signup
from django.contrib import admin
from django.urls import include, path

from accounts import step_up
from accounts.views import social
from accounts.views.account import operators_log_in
from aiqleads.metrics import figures
from aiqleads.security_txt import security_txt
from marketplace.views.finding import landing

admin.autodiscover()

urlpatterns = [
    path("api/", include("aiqleads.api_urls")),  # before what programs would have to pass at every request
    path("", landing, name="landing"),
    path("", include("marketplace.urls")),
    path("", include("billing.urls")),
    path("", include("accounts.urls")),
    path("", include("scraping.urls")),
    path("account/email/", step_up.required(allauth.email)),
    path("account/password/change/", step_up.required(allauth.password_change)),
    path("account/password/set/", step_up.required(allauth.password_set)),
    path("account/", include("allauth.account.urls")),
    # allauth looks these up by name.
    path("account/social/signup/", social_signup, name="socialaccount_signup"),
    path("account/social/<slug:provider_id>/callback/", social.callback, name="openid_connect_callback"),
    path("account/log-ins/", social.log_in_list, name="socialaccount_connections"),
    path("admin/login/", operators_log_in),
    path("admin/", admin.site.urls),
    path("metrics", figures),
    path(".well-known/security.txt", security_txt),
    path("health/", include("aiqleads.health")),
    path("problems/", include("aiqleads.problem_pages")),
]

handler400 = "aiqleads.failures.bad_request"
handler500 = "aiqleads.failures.server_error"
