"""What somebody types who proves once more who they are."""

from django import forms
from django.http import QueryDict

from accounts.forms.sign_up import LONGEST_PASSWORD


class PasswordAgainForm(forms.Form):
    """The password, before a code is sent; nothing for whoever logs in at another site and has none here."""

    password = forms.CharField(
        label="Your password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, data: QueryDict | None = None, *, has_password: bool = True) -> None:
        super().__init__(data)
        self.has_password = has_password
        if not has_password:
            del self.fields["password"]


class CodeForm(forms.Form):
    """Six digits of a letter."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Six digits, from the letter that we sent just now.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "size": 8}
        ),
    )


class OtpForm(forms.Form):
    """The digits of an app, or a recovery code."""

    otp = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
