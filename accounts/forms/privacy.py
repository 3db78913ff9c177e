"""What people ask about their data, turned into what ``services.privacy`` keeps. Nothing here saves."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import PrivacyRequest
from accounts.privacy.documents import ACCEPTED
from accounts.privacy.people import Person
from accounts.services.privacy import Asked

Kind = PrivacyRequest.Kind

KINDS: Final = [
    (Kind.KNOW, _("Tell me what you hold about me, and where it came from")),
    (Kind.OPT_OUT, _("Stop selling my information")),
    (Kind.CORRECT, _("Correct my information")),
    (Kind.ERASE, _("Erase my information")),
    (Kind.REPORT, _("Somebody who got my contact from you harasses me")),
]
CHANNELS: Final = [
    ("", _("Choose one")),
    ("call", _("Phone calls")),
    ("text", _("Text messages")),
    ("email", _("E-mail")),
    ("visit", _("Came to my door")),
    ("post", _("Letters")),
]
STATE_CODES: Final = re.findall(
    "..",
    "ALAKARAZCACOCTDCDEFLGAHIIAIDILINKSKYLAMAMDMEMIMNMOMSMTNCNDNENHNJNMNVNYOHOKORPARISCSDTNTXUTVAVTWAWIWVWY",
)
STATES: Final = [("", "–"), *((code, code) for code in STATE_CODES)]
MOST_ADDRESSES: Final = 5
"""E-mails, and telephones, that one request may name."""
_MISSING: Final[Mapping[str, Any]] = {
    "kind": _("Choose what you want us to do."),
    "name": _("Enter your name."),
    "email": _("Enter your e-mail address."),
}


class PrivacyRequestForm(forms.Form):
    """One screen. Which boxes a kind of request needs is said where they are missing."""

    kind = forms.ChoiceField(label=_("What should we do?"), choices=KINDS, widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=200,
        help_text=_("We answer here, and look for this address."),
        error_messages={"invalid": _("Enter an e-mail address, such as name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phones = forms.CharField(
        label=_("Phone numbers we should look for"),
        required=False,
        max_length=200,
        help_text=_("With area code, and commas between them."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    other_emails = forms.CharField(label=_("Other e-mails we should look for"), required=False, max_length=600)
    address = forms.CharField(
        label=_("The home’s address"),
        required=False,
        max_length=250,
        help_text=_("Street, number, city, state and ZIP code."),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    state = forms.ChoiceField(
        label=_("The state you live in"),
        choices=STATES,
        required=False,
        help_text=_("Your state’s law may give you more, or sooner."),
    )
    is_covered_person = forms.BooleanField(
        label=_("New Jersey: I am a covered person under Daniel’s Law"), required=False
    )
    right_name = forms.CharField(label=_("The right name"), required=False, max_length=100)
    right_phone = forms.CharField(label=_("The right phone number"), required=False, max_length=40)
    right_email = forms.EmailField(
        label=_("The right e-mail"),
        required=False,
        max_length=200,
        error_messages={"invalid": _("Enter an e-mail address, such as name@example.com.")},
    )
    right_address = forms.CharField(label=_("The right address"), required=False, max_length=250)
    right_price = forms.RegexField(
        r"^\$?\d{1,3}(?:,?\d{3})*$",
        label=_("The right price, in dollars"),
        required=False,
        max_length=15,
        error_messages={"invalid": _("Enter whole dollars, such as 412,000.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    right_beds = forms.IntegerField(
        label=_("The right number of bedrooms"),
        required=False,
        min_value=0,
        max_value=99,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Enter a whole number of bedrooms, such as 3.")
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    right_not_phone = forms.CharField(
        label=_("A phone number that is not mine"),
        required=False,
        max_length=40,
        help_text=_("One that you were told we give out as yours."),
    )
    right_not_for_sale = forms.BooleanField(label=_("My home is not for sale any more"), required=False)
    channel = forms.ChoiceField(label=_("How did they contact you?"), choices=CHANNELS, required=False)
    when = forms.CharField(
        label=_("When?"), required=False, max_length=200, help_text=_("For example: Monday at 9 in the evening.")
    )
    details = forms.CharField(
        label=_("Anything else we should know"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_by_agent = forms.BooleanField(label=_("I ask for somebody else, as their authorised agent"), required=False)
    agent_name = forms.CharField(label=_("The agent’s name"), required=False, max_length=100)
    company_website = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["max_length"] = _("Use at most %(limit_value)d characters.")
        for name, says in _MISSING.items():
            self.fields[name].error_messages |= {"required": says, "invalid_choice": says}

    @property
    def is_from_a_machine(self) -> bool:
        """Whether the field that no person sees was filled in."""
        return bool(self.data.get("company_website"))

    def focus_first_error(self) -> None:
        """Let the browser begin at the first field that has to be looked at again."""
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs["autofocus"] = True
                return

    def clean_phones(self) -> list[str]:
        typed = _several(self.cleaned_data["phones"])
        read = [Person.of(phones=[one]).phones for one in typed]
        if not all(read):
            raise forms.ValidationError(_("Enter US phone numbers with their area codes, such as (512) 555-0142."))
        return self._few([number for numbers in read for number in numbers])

    def clean_other_emails(self) -> list[str]:
        typed = _several(self.cleaned_data["other_emails"])
        for one in typed:
            forms.EmailField(
                error_messages={"invalid": _("Enter e-mail addresses, with commas between them.")}
            ).clean(one)
        return self._few([one.lower() for one in typed])

    def _few(self, values: list[str]) -> list[str]:
        if len(values) > MOST_ADDRESSES:
            raise forms.ValidationError(_("Enter at most five; send another request for more."))
        return sorted(set(values))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("kind") == Kind.CORRECT and self._says_nothing_right():
            self.add_error("right_name", _("Say what is right: one of these boxes is enough."))
        for name in ("right_phone", "right_not_phone"):
            if said.get(name) and not Person.of(phones=[said[name]]).phones:
                self.add_error(name, _("Enter a US phone number with its area code, such as (512) 555-0142."))
        if said.get("kind") == Kind.REPORT:
            if not said.get("channel"):
                self.add_error("channel", _("Choose how they contacted you."))
            if not said.get("details"):
                self.add_error("details", _("Say what happened."))
        if said.get("is_by_agent") and not said.get("agent_name"):
            self.add_error("agent_name", _("Enter the agent’s name."))
        return said

    def _says_nothing_right(self) -> bool:
        names = {f"right_{name}" for name in CORRECTED}
        given = [self.cleaned_data.get(name) for name in names]
        return not names & self.errors.keys() and all(value in (None, "", False) for value in given)

    def asked(self, *, language: str, has_privacy_signal: bool) -> Asked:
        """What was typed, once it is valid."""
        said = self.cleaned_data
        kept: dict[str, Any] = {
            "name": said["name"],
            "emails": sorted({said["email"].lower(), *said["other_emails"]}),
            "phones": said["phones"],
            "address": said["address"],
            "details": said["details"],
        }
        if said["kind"] == Kind.CORRECT:
            typed = {name: said[f"right_{name}"] for name in CORRECTED}
            corrections = {name: str(value) for name, value in typed.items() if value not in (None, "", False)}
            kept["corrections"] = corrections
        if said["kind"] == Kind.REPORT:
            kept["report"] = {"channel": said["channel"], "when": said["when"]}
        if said["is_by_agent"]:
            kept["agent"] = {"name": said["agent_name"]}
        return Asked(
            kind=said["kind"],
            language=language,
            answer_to=said["email"],
            said=kept,
            state_code=said["state"],
            is_covered_person=said["is_covered_person"],
            is_by_agent=said["is_by_agent"],
            has_privacy_signal=has_privacy_signal,
        )


CORRECTED: Final = ("name", "phone", "not_phone", "email", "address", "price", "beds", "not_for_sale")
"""What a person can correct, as holders call it."""


def _several(text: str) -> list[str]:
    return [one for part in re.split(r"[,;\n]", text) if (one := part.strip())]


class DocumentForm(forms.Form):
    """A file that shows an operator who somebody is, or that an agent may ask."""

    document = forms.FileField(
        label=_("A document, or a signed permission"),
        help_text=_(
            "A picture or PDF of at most 5 MB. It is kept encrypted, for one of us alone, "
            "and deleted once we decided."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("Choose a file."),
            "invalid": _("Choose a file."),
        },
    )


class AddressForm(forms.Form):
    """Where a code should go. Nothing is offered: who knows the address types it."""

    address = forms.CharField(
        label=_("Your e-mail or phone number"),
        max_length=200,
        help_text=_("One that you think we hold. If we do, it gets a code."),
        error_messages={"required": _("Enter an e-mail address, or a US phone number with its area code.")},
    )


class _EmptyInput(forms.TextInput):
    """Never shows what was typed before: the next try begins with an empty field."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class IdentityCodeForm(forms.Form):
    """The six digits of a letter or a text, spaces and hyphens allowed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=_EmptyInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={
            "required": _("Enter the six digits we sent."),
            "max_length": _("Enter the six digits we sent."),
        },
    )

    def clean_code(self) -> str:
        return re.sub(r"[\s-]", "", self.cleaned_data["code"])
