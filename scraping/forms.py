"""What homeowners and buyers are asked, turned into the answers that ``submissions`` keeps. Nothing here saves."""

from typing import Any, ClassVar, Final, cast

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads import usps
from leads.models import ConsentText
from leads.normalise import normalise
from leads.records import ListingRecord, RawListing
from scraping.submissions import Answers

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
_WORDS: Final = RegexValidator(r"[^\W\d_]", _("Use letters."))


def _agents(number: int) -> str:
    words = ngettext("%(count)d agent", "At most %(count)d agents", number)
    return words % {"count": number}


class SubmissionForm(forms.Form):
    """What both doors ask: where, how to reach the sender, and what they agree to."""

    source: ClassVar[str]
    purpose: ClassVar[ConsentText.Purpose]
    facts: ClassVar[tuple[str, ...]]

    city = forms.CharField(label=_("City"), max_length=80, validators=[_WORDS])
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
        validators=[_WORDS],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=200,
        help_text=_("We write to it once, so that you can confirm."),
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
        if channels & {"call", "text"} and not said.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Enter your phone number, or choose e-mail alone."))
        if not self.errors:
            self._complain_of(self._as_read())
        return said

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
        if "phone_unreadable" in record.flags:
            self.add_error("phone", _("This is no US phone number."))
        if record.flags & {"zip_unknown", "zip_contradicts_state"}:
            self.add_error("zip", _("This ZIP code does not lie in that state."))
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

    address = forms.CharField(
        label=_("Street and number"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    property_type = forms.ChoiceField(label=_("What is it?"), choices=HOMES)
    beds_text = forms.ChoiceField(label=_("Bedrooms"), choices=ROOMS, required=False)
    baths_text = forms.ChoiceField(label=_("Bathrooms"), choices=ROOMS, required=False)
    area_text = forms.IntegerField(label=_("Square feet"), required=False, min_value=100, max_value=50_000)
    asking_price_text = forms.IntegerField(
        label=_("Your price ($)"), required=False, min_value=5_000, max_value=100_000_000
    )


class FindAgentForm(SubmissionForm):
    """Somebody who looks for a home."""

    source = "buyer-enquiries"
    purpose = ConsentText.Purpose.BUY
    facts = ("city", "state", "zip", "property_type", "beds_text", "asking_price_text", "description")

    TIMING: ClassVar = [
        ("Wants to buy within three months.", _("Within three months")),
        ("Wants to buy within a year.", _("Within a year")),
        ("Looks around for now.", _("Just looking around")),
    ]

    property_type = forms.ChoiceField(label=_("What are you looking for?"), choices=HOMES)
    beds_text = forms.ChoiceField(label=_("Bedrooms at least"), choices=ROOMS, required=False)
    asking_price_text = forms.IntegerField(label=_("Budget ($)"), min_value=5_000, max_value=100_000_000)
    timing = forms.ChoiceField(label=_("When?"), choices=TIMING)

    def answers(self, *, proof: dict[str, str]) -> Answers:
        self.cleaned_data["description"] = "\n\n".join(
            filter(None, [self.cleaned_data["timing"], self.cleaned_data["description"]])
        )
        return super().answers(proof=proof)
