from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"

    def ready(self) -> None:
        from aiqleads.core import alerts  # noqa: PLC0415  (models are loaded only now)
        from scraping import findings  # noqa: PLC0415

        alerts.watch(findings.WALL_AREA, findings.walls)
