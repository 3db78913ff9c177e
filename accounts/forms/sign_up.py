"""Sign-up and the acceptance of the terms."""

from typing import Any, Final, cast

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.http import HttpRequest

from accounts import plans, services
from accounts.models import User

LONGEST_PASSWORD: Final = 128
ACCEPT_FIRST = "Accept the terms to go on."


class TermsForm(forms.Form):
    """The acceptance of the version that was shown."""

    version = forms.CharField(
        widget=forms.HiddenInput,
        initial=plans.CURRENT_TERMS_VERSION,
        error_messages={"required": "Reload the page: the terms have a new version."},
    )
    accepts_terms = forms.BooleanField(error_messages={"required": ACCEPT_FIRST})

    def clean_version(self) -> str:
        version: str = self.cleaned_data["version"]
        if version != plans.CURRENT_TERMS_VERSION:
            raise forms.ValidationError("Reload the page: the terms have a new version.")
        return version


class SignupForm(allauth.SignupForm):  # type: ignore[misc]
    """A new user and the organisation they own, made together or not at all."""

    organisation_name = forms.CharField(
        label="Brokerage or your own name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    accepts_terms = forms.BooleanField(label="I accept the terms", error_messages={"required": ACCEPT_FIRST})

    field_order = ["organisation_name", "email", "password1", "password2", "accepts_terms"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].validators.append(MaxLengthValidator(LONGEST_PASSWORD))
        self.fields["password1"].help_text = "At least 10 characters; not a common word, not only digits."

    def try_save(self, request: HttpRequest) -> tuple[User | None, Any]:
        """Answer alike, and after as long, where there is an account with this address: its owner gets a letter."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        told: tuple[User | None, Any] = super().try_save(request)
        return told

    def save(self, request: HttpRequest) -> User:
        with transaction.atomic():
            return cast(User, super().save(request))

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        """Called by allauth within ``save``, before the confirmation mail goes out."""
        services.add_organisation(
            owner=user,
            name=self.cleaned_data["organisation_name"],
            terms_version=plans.CURRENT_TERMS_VERSION,
        )
