"""What members fill in about their organisation and its people. Nothing here saves."""

from typing import Any, Final

from django import forms
from django.db.models import TextChoices

from accounts import plans
from accounts.forms.sign_up import ACCEPT_FIRST, LONGEST_PASSWORD
from accounts.models import Membership
from accounts.services.organisations import HIGHEST_CAP_CREDITS

Role = Membership.Role


class RoleWords(TextChoices):
    """The roles, with what each may do."""

    OWNER = "owner", "Owner: all of it, people, caps and where leads go"
    BUYER = "buyer", "Buyer: holds, buys and works on leads"
    VIEWER = "viewer", "Viewer: looks at the market, and at purchases that are shared with them"


INVITED_AS: Final = [choice for choice in RoleWords.choices if choice[0] != Role.OWNER]


class NameForm(forms.Form):
    """What the organisation is called."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )


class OpenForm(NameForm):
    """An organisation of one's own, for who has left another."""

    accepts_terms = forms.BooleanField(label="I accept the terms", error_messages={"required": ACCEPT_FIRST})
    version = plans.CURRENT_TERMS_VERSION


class InviteForm(forms.Form):
    """Somebody to join."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="They join as", choices=INVITED_AS, initial=Role.BUYER, widget=forms.RadioSelect)


class MemberForm(forms.Form):
    """What a member may do, and spend."""

    role = forms.ChoiceField(label="Role", choices=RoleWords.choices, widget=forms.RadioSelect)
    cap_credits = forms.IntegerField(
        label="Credits a month",
        required=False,
        min_value=0,
        max_value=HIGHEST_CAP_CREDITS,
        help_text="What they may spend from the 1st to the last of a month (UTC). Empty: no cap.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class TransferForm(forms.Form):
    """Who shall own the organisation."""

    member = forms.ChoiceField(label="The new owner", widget=forms.RadioSelect)

    def __init__(self, *args: Any, colleagues: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.pk), f"{one.user.get_full_name()} {one.user}".strip()) for one in colleagues]
        self.fields["member"].choices = choices  # type: ignore[attr-defined]


class JoinForm(forms.Form):
    """A new log-in for the address that was invited."""

    first_name = forms.CharField(
        label="First name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label="Last name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    password = forms.CharField(
        label="Password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters; not a common word, not only digits.",
    )
    accepts_terms = forms.BooleanField(label="I accept the terms", error_messages={"required": ACCEPT_FIRST})
