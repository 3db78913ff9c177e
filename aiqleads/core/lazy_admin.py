"""Django's admin, whose screens are imported with the addresses: a crawl or a worker's child has no use for them.

``aiqleads.urls`` finds them. The system checks look at them too, whichever check comes first.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class LazyAdminConfig(SimpleAdminConfig):
    """``django.contrib.admin`` without importing every app's screens at each start."""

    default_site = "aiqleads.core.admin_site.BackOffice"

    def ready(self) -> None:
        """Register what Django's own would, with the screens found first."""
        register(check_dependencies, Tags.admin)
        register(check_screens, Tags.admin)


def check_screens(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Django's check of every screen."""
    admin.autodiscover()
    return check_admin_app(app_configs, **kwargs)
