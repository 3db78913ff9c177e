from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aiqleads.core"
    label = "core"
    verbose_name = "Machinery"

    def ready(self) -> None:
        from aiqleads.core import (  # noqa: PLC0415  (checks registers the system checks)
            alerts,
            checks,  # noqa: F401
            figures,
            metrics,
            sealing,
        )

        metrics.tell(figures.AREA, figures.figures)
        alerts.watch("audit.unsealed", sealing.find_unsealed)
