"""What homeowners and buyers are asked, turned into the answers that ``submissions`` keeps. Nothing here saves."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads import usps
from leads.models import ConsentText
from leads.normalise import normalise
from leads.normalise.phone import can_be_texted
from leads.records import ListingRecord, RawListing
from scraping import phone_codes
from scraping.submissions import Answers

CONFIRM_BY: Final = [("email", _("By e-mail, with a link")), ("phone", _("By text message, with a code"))]
CHANNELS: Final = [("call", _("Phone calls")), ("text", _("Text messages")), ("email", _("E-mail"))]
AGENTS: Final = (1, 2, 3)
HOMES: Final = [
    ("", _("Choose one")),
    ("single family", _("House")),
    ("townhouse", _("Townhouse")),
    ("condo", _("Condo or apartment")),
    ("multi family", _("Two or more units")),
    ("manufactured", _("Manufactured home")),
    ("land", _("Land")),
]
ROOMS: Final = [("", _("Don’t know")), *((str(number), str(number)) for number in range(1, 9))]
STATES: Final = [("", "–"), *((code, code) for code in sorted(usps.STATE_CODES))]
_ZIP: Final = RegexValidator(r"^\d{5}\Z", _("Enter a ZIP code of five digits."))
_IN_LETTERS: Final = r"[^\W\d_]"
_MISSING: Final[Mapping[str, Any]] = {
    "address": _("Enter the street and number."),
    "city": _("Enter the city."),
    "state": _("Choose the state."),
    "zip": _("Enter a ZIP code of five digits."),
    "property_type": _("Choose the kind of home."),
    "asking_price_text": _("Enter your budget."),
    "timing": _("Choose when you want to buy."),
    "name": _("Enter your name."),
    "email": _("Enter your e-mail address."),
    "agents": _("Choose one agent, two or three."),
    "channels": _("Choose at least one way to contact you."),
    "confirm_by": _("Choose how you want to confirm."),
    "consent_version": _("The words have changed. Please read them again."),
}
"""What is said where a field was left empty, or holds what was never offered."""


def _agents(number: int) -> str:
    words = ngettext("%(count)d agent", "At most %(count)d agents", number)
    return words % {"count": number}


class WholeNumberField(forms.IntegerField):
    """A whole number as people write it: "$412,000", "1 450". ``says`` is told where it is none or out of range."""

    def __init__(self, *, says: Any, min_value: int, max_value: int, **options: Any) -> None:
        messages = {"invalid": says, "min_value": says, "max_value": says}
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 40}),
            min_value=min_value,
            max_value=max_value,
            error_messages=messages,
            **options,
        )

    def to_python(self, value: Any) -> int | None:
        return super().to_python(re.sub(r"[$,\s]|\.00?$", "", value) if isinstance(value, str) else value)


class SubmissionForm(forms.Form):
    """What both doors ask: where, how to reach the sender, and what they agree to.

    ``field_order`` is that of the page, so that the first wrong field is the one that gets the focus.
    """

    source: ClassVar[str]
    purpose: ClassVar[ConsentText.Purpose]
    facts: ClassVar[tuple[str, ...]]

    city = forms.CharField(
        label=_("City"), max_length=80, validators=[RegexValidator(_IN_LETTERS, _("Enter the name of the city."))]
    )
    state = forms.ChoiceField(label=_("State"), choices=STATES)
    zip = forms.CharField(
        label=_("ZIP code"), validators=[_ZIP], widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    description = forms.CharField(
        label=_("Anything an agent should know"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        validators=[RegexValidator(_IN_LETTERS, _("Enter your name in letters."))],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=200,
        help_text=_("For your confirmation and the link to withdraw."),
        error_messages={"invalid": _("Enter an e-mail address, such as name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=40,
        help_text=_("Only needed for calls and texts."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    agents = forms.TypedChoiceField(
        label=_("How many agents may contact you?"),
        choices=[(number, number) for number in AGENTS],
        coerce=int,
        initial=1,
        widget=forms.RadioSelect,
    )
    channels = forms.MultipleChoiceField(
        label=_("How may they contact you?"),
        choices=CHANNELS,
        initial=["email"],
        widget=forms.CheckboxSelectMultiple,
    )
    confirm_by = forms.ChoiceField(
        label=_("How do you want to confirm?"), choices=CONFIRM_BY, initial="email", widget=forms.RadioSelect
    )
    consent_version = forms.CharField(widget=forms.HiddenInput, max_length=20)
    agrees = forms.BooleanField(
        label=_("I agree"), error_messages={"required": _("Without your consent we pass nothing on.")}
    )
    company_website = forms.CharField(required=False, max_length=200)

    def __init__(self, data: QueryDict | None = None, *, text: ConsentText) -> None:
        self.text = text
        super().__init__(data, initial={"consent_version": text.version})
        agents = cast("forms.TypedChoiceField", self.fields["agents"])
        agents.choices = [(number, _agents(number)) for number in AGENTS]
        if not phone_codes.are_offered():
            del self.fields["confirm_by"]
        self._speak_in_words()

    def _speak_in_words(self) -> None:
        for field in self.fields.values():
            field.error_messages["max_length"] = _("Use at most %(limit_value)d characters.")
        for name, says in _MISSING.items():
            if name in self.fields:
                self.fields[name].error_messages |= {"required": says, "invalid_choice": says, "invalid_list": says}

    def focus_first_error(self) -> None:
        """Let the browser begin at the first field that has to be looked at again."""
        for name, field in self.fields.items():
            if name in self.errors and not field.widget.is_hidden:
                field.widget.attrs["autofocus"] = True
                return

    @property
    def is_from_a_machine(self) -> bool:
        """Whether the field that no person sees was filled in."""
        return bool(self.data.get("company_website"))

    def clean_consent_version(self) -> str:
        version: str = self.cleaned_data["consent_version"]
        if version != self.text.version:
            raise forms.ValidationError(_("The words have changed. Please read them again."))
        return version

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        channels = set(said.get("channels", ()))
        if not said.get("phone") and "phone" not in self.errors:
            if channels & {"call", "text"}:
                self.add_error("phone", _("Enter your phone number, or choose e-mail alone."))
            elif said.get("confirm_by") == "phone":
                self.add_error("phone", _("Enter the phone number that gets the code."))
        if not self.errors:
            self._complain_of(self._as_read())
        return said

    @property
    def _texted_phone(self) -> str:
        """Where the code goes, E.164; "" to confirm by e-mail."""
        phones = self._as_read().phones if self.cleaned_data.get("confirm_by") == "phone" else ()
        return phones[0] if phones else ""

    def _as_read(self) -> ListingRecord:
        said = {name: str(self.cleaned_data.get(name) or "") or None for name in self.facts}
        line = said.pop("address", None)
        return normalise(
            RawListing(
                **{name: value for name, value in said.items() if value},  # type: ignore[arg-type]
                address_lines=(line,) if line else (),
                phones=tuple(filter(None, [self.cleaned_data["phone"]])),
            )
        )

    def _complain_of(self, record: ListingRecord) -> None:
        """What the product could not read would never reach an agent: better said now."""
        if record.flags & {"zip_unknown", "zip_contradicts_state"}:
            self.add_error("zip", _("This ZIP code is not in that state."))
        if "phone_unreadable" in record.flags:
            self.add_error("phone", _("Enter a US phone number with its area code, such as (512) 555-0142."))
        elif self.cleaned_data.get("confirm_by") == "phone" and not _can_be_texted(record):
            self.add_error("phone", _("A text message cannot reach this number. Confirm by e-mail instead."))
        if "address_unparsed" in record.flags:
            self.add_error("address", _("Enter house number and street, such as 12 Oak Street."))

    def answers(self, *, proof: dict[str, str]) -> Answers:
        """What was typed, once it is valid."""
        said = self.cleaned_data
        facts = {name: str(said[name]) for name in self.facts if said.get(name) not in (None, "")}
        return Answers(
            facts=facts,
            name=said["name"],
            email=said["email"],
            phone=said["phone"],
            channels=tuple(said["channels"]),
            agents=said["agents"],
            proof=proof,
            texted_phone=self._texted_phone,
        )


def _can_be_texted(record: ListingRecord) -> bool:
    """Numbers kept free for fiction reach nobody, but the demo's stand-in takes them."""
    number = record.phones[0]
    if number in record.fictitious_phones:
        return settings.DEBUG and ";" not in number
    return can_be_texted(number)


_REACH: Final[Sequence[str]] = (
    "name",
    "email",
    "phone",
    "channels",
    "agents",
    "confirm_by",
    "consent_version",
    "agrees",
)


class SellForm(SubmissionForm):
    """A homeowner's own home."""

    source = "owner-submissions"
    purpose = ConsentText.Purpose.SELL
    facts = (
        "address",
        "city",
        "state",
        "zip",
        "property_type",
        "beds_text",
        "baths_text",
        "area_text",
        "asking_price_text",
        "description",
    )
    field_order = (*facts, *_REACH)

    address = forms.CharField(
        label=_("Street and number"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    property_type = forms.ChoiceField(label=_("Kind of home"), choices=HOMES)
    beds_text = forms.ChoiceField(label=_("Bedrooms"), choices=ROOMS, required=False)
    baths_text = forms.ChoiceField(label=_("Bathrooms"), choices=ROOMS, required=False)
    area_text = WholeNumberField(
        label=_("Living area (sq ft)"),
        required=False,
        min_value=100,
        max_value=50_000,
        says=_("Enter the living area in square feet, from 100 to 50,000, or leave it empty."),
    )
    asking_price_text = WholeNumberField(
        label=_("Your price ($)"),
        required=False,
        min_value=5_000,
        max_value=100_000_000,
        says=_("Enter your price in whole dollars, from $5,000 to $100,000,000, or leave it empty."),
    )


class FindAgentForm(SubmissionForm):
    """Somebody who looks for a home."""

    source = "buyer-enquiries"
    purpose = ConsentText.Purpose.BUY
    facts = ("city", "state", "zip", "property_type", "beds_text", "asking_price_text", "description")
    field_order = ("property_type", *facts[:3], *facts[4:6], "timing", "description", *_REACH)

    TIMING: ClassVar = [
        ("Wants to buy within three months.", _("Within three months")),
        ("Wants to buy within a year.", _("Within a year")),
        ("Looks around for now.", _("Just looking around")),
    ]

    property_type = forms.ChoiceField(label=_("What are you looking for?"), choices=HOMES)
    beds_text = forms.ChoiceField(label=_("Bedrooms at least"), choices=ROOMS, required=False)
    asking_price_text = WholeNumberField(
        label=_("Budget ($)"),
        min_value=5_000,
        max_value=100_000_000,
        says=_("Enter your budget in whole dollars, from $5,000 to $100,000,000."),
    )
    timing = forms.ChoiceField(label=_("When?"), choices=TIMING)

    def answers(self, *, proof: dict[str, str]) -> Answers:
        self.cleaned_data["description"] = "\n\n".join(
            filter(None, [self.cleaned_data["timing"], self.cleaned_data["description"]])
        )
        return super().answers(proof=proof)


class _EmptyInput(forms.TextInput):
    """Never shows what was typed before: the next try begins with an empty field."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    """The six digits of a text message, spaces and hyphens allowed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=_EmptyInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
        error_messages={
            "required": _("Enter the six digits of the text message."),
            "max_length": _("Enter the six digits of the text message."),
        },
    )

    def clean_code(self) -> str:
        return re.sub(r"[\s-]", "", self.cleaned_data["code"])
