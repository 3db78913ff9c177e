"""Opening an account with another site's word for who one is."""

from typing import Any, cast

from allauth.socialaccount import forms as allauth
from django import forms
from django.db import transaction
from django.http import HttpRequest

from accounts import plans, services
from accounts.forms.sign_up import ACCEPT_FIRST
from accounts.models import User


class SocialSignupForm(allauth.SignupForm):  # type: ignore[misc]
    """A new user without a password, and the organisation they own. The address is the one that the site told."""

    organisation_name = forms.CharField(
        label="Brokerage or your own name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    accepts_terms = forms.BooleanField(label="I accept the terms", error_messages={"required": ACCEPT_FIRST})

    field_order = ["organisation_name", "email", "accepts_terms"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True
        self.fields["email"].help_text = f"As {self.sociallogin.provider.name} told us."

    def save(self, request: HttpRequest) -> User:
        with transaction.atomic():
            return cast(User, super().save(request))

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        """Called by allauth within ``save``."""
        services.add_organisation(
            owner=user,
            name=self.cleaned_data["organisation_name"],
            terms_version=plans.CURRENT_TERMS_VERSION,
        )
        services.note_log_in_change(user, "log_in.connected", self.sociallogin.account.provider)
