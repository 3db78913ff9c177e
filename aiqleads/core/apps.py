from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aiqleads.core"
    label = "core"
    verbose_name = "Machinery"

    def ready(self) -> None:
        from aiqleads.core import checks  # noqa: F401, PLC0415  (registers the system checks)
