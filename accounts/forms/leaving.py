"""What somebody types who closes their account."""

from django import forms

from accounts.models import User


class LeaveForm(forms.Form):
    """Their own e-mail address: nobody closes an account by one click."""

    email = forms.CharField(
        label="Your e-mail address, to be sure",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: object = None, *, user: User) -> None:
        self.user = user
        super().__init__(data)  # type: ignore[arg-type]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email.strip().lower() != self.user.email:
            raise forms.ValidationError("This is not the address of this account.")
        return email
