from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "aiqleads.core"
    label = "core"
    verbose_name = "Machinery"

    def ready(self) -> None:
        from aiqleads.core import (  # noqa: PLC0415  (checks registers the system checks)
            alerts,
            checks,  # noqa: F401
            figures,
            kept,
            metrics,
            rotation,
            sealing,
        )

        kept.say()
        metrics.tell(figures.AREA, figures.figures)
        post_migrate.connect(rotation.let_keys_change, sender=self)
        alerts.watch("audit.unsealed", sealing.find_unsealed)
