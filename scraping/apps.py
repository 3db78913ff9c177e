from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"
    verbose_name = "Sources"

    def ready(self) -> None:
        from accounts.privacy import holders  # noqa: PLC0415
        from aiqleads.core import alerts  # noqa: PLC0415  (models are loaded only now)
        from scraping import findings, kept, personal, phone_codes, subscriptions  # noqa: PLC0415
        from scraping.privacy import CrawlHolder  # noqa: PLC0415

        subscriptions.connect()
        holders.register(CrawlHolder())
        personal.say()
        kept.say()
        alerts.watch(phone_codes.AREA, phone_codes.used_up)
        alerts.watch(findings.WALL_AREA, findings.walls)
        alerts.watch(findings.DRIFT_AREA, findings.drifts)
        alerts.watch(findings.SUSPICION_AREA, findings.suspicions)
