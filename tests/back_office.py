"""Every screen of the back office, found as the site's addresses find them: its own start imports none."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Model

admin.autodiscover()
SCREENS: Final[dict[type[Model], Any]] = dict(admin.site._registry)
