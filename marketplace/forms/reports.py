"""Which period a report is about, as its address says it. Nothing here saves."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django import forms

from marketplace.selectors.reports import Period

CHOICES_OF_DAYS: Final = (30, 90, 365)
DEFAULT_DAYS: Final = 90
MOST_DAYS: Final = 3_660
FIRST_DAY: Final = date(2020, 1, 1)


class PeriodForm(forms.Form):
    """The last so many days, or from one day to another."""

    days = forms.IntegerField(label="Days", required=False, min_value=1, max_value=MOST_DAYS)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, asked: Mapping[str, Any], *, today: date) -> None:
        self.today = today
        super().__init__(asked)

    def add_prefix(self, field_name: str) -> str:
        """The address says ``from`` and ``to``, which are no names in Python."""
        return {"since": "from", "until": "to"}.get(field_name, field_name)

    def clean_since(self) -> date | None:
        return self._within(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return self._within(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and since > until:
            self.add_error("until", "Choose a day that is not before the first one.")
        return said

    @property
    def period(self) -> Period:
        """What was asked for; days that were not said reach to today, and back as far as is usual."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        days = self.cleaned_data.get("days") or DEFAULT_DAYS
        last = until or self.today
        if since:
            return Period(since=since, until=max(last, since))
        return Period(since=last - timedelta(days=days - 1), until=last)

    @property
    def chosen_days(self) -> int | None:
        """The number of days, where days were chosen and no dates."""
        if self.cleaned_data.get("since") or self.cleaned_data.get("until"):
            return None
        return self.cleaned_data.get("days") or DEFAULT_DAYS

    def _within(self, day: date | None) -> date | None:
        if day and not FIRST_DAY <= day <= self.today + timedelta(days=1):
            raise forms.ValidationError(f"Choose a day from {FIRST_DAY:%B %-d, %Y} to today.")
        return day
