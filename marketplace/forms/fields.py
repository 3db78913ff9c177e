"""Fields of a search's form that Django has no kind of."""

import math
from typing import Any, Final

from django import forms
from django.http import QueryDict

from aiqleads.core.geo import Area, AreaRefused, read_area
from leads import usps
from leads.gazetteer import Place
from marketplace.filters import MOST_ZIPS
from marketplace.understanding import place_named

MOST_ROOMS: Final = 100.0


class AreaField(forms.CharField):
    """A drawn area as GeoJSON; the map fills it in."""

    widget = forms.HiddenInput

    def to_python(self, value: str) -> Area | None:  # type: ignore[override]
        text = super().to_python(value)
        try:
            return read_area(text) if text else None
        except AreaRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class PointField(forms.CharField):
    """``latitude,longitude`` in degrees."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> tuple[float, float] | None:
        text = super().clean(value)
        try:
            latitude, longitude = (float(part) for part in text.split(",")) if text else (0.0, 0.0)
        except ValueError as error:
            raise forms.ValidationError("Enter latitude,longitude in degrees.") from error
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # false for NaN too
            raise forms.ValidationError("Enter latitude,longitude in degrees.")
        return (latitude, longitude) if text else None


class PlaceField(forms.CharField):
    """A place by its name: a city, a ZIP code, a campus, a lake."""

    def clean(self, value: Any) -> Place | None:
        text = super().clean(value)
        place = place_named(text) if text else None
        if text and place is None:
            raise forms.ValidationError("No such place is known here. Enter a city with its state, or a ZIP code.")
        return place


class StateField(forms.CharField):
    """A US state by its name or code, as its code."""

    def to_python(self, value: Any) -> str:
        state = super().to_python(value)
        code = usps.state_code(state)
        if state and code is None:
            raise forms.ValidationError("Enter a US state, such as TX.")
        return code or ""


class ZipsInput(forms.TextInput):
    """One line for all the ZIP codes that the address names."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return ", ".join(data.getlist(name)) if isinstance(data, QueryDict) else data.get(name)


class ZipsField(forms.CharField):
    """ZIP codes, apart by commas or spaces."""

    widget = ZipsInput

    def clean(self, value: Any) -> tuple[str, ...]:
        zips = tuple(dict.fromkeys(super().clean(value).replace(",", " ").split()))
        if not all(len(code) == 5 and code.isascii() and code.isdigit() for code in zips):
            raise forms.ValidationError("Enter a ZIP code of five digits.")
        if len(zips) > MOST_ZIPS:
            raise forms.ValidationError(f"Enter at most {MOST_ZIPS} ZIP codes.")
        return zips


class RoomsSelect(forms.Select):
    """Offers the number that an address says, whatever it is, so that it is not lost with the next change."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> Any:
        known = {str(choice) for choice, _ in self.choices}
        self.choices = [*self.choices, *((said, said) for said in value if said not in known)]
        return super().optgroups(name, value, attrs)


class RoomsField(forms.TypedChoiceField):
    """How many rooms; the usual numbers to choose from, and any other that an address says."""

    widget = RoomsSelect

    def valid_value(self, value: Any) -> bool:
        try:
            rooms = float(value)
        except ValueError:
            return False
        return math.isfinite(rooms) and 0 <= rooms <= MOST_ROOMS
