from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "ai"
    verbose_name = "Models"

    def ready(self) -> None:
        from ai import checks, figures, kept, spending  # noqa: PLC0415  (models must be loaded first)
        from aiqleads.core import alerts, metrics  # noqa: PLC0415

        kept.say()
        assert checks.TAG  # noqa: S101 - importing them registers them
        alerts.watch(spending.AREA, spending.nearly_spent)
        metrics.tell(figures.AREA, figures.figures)
