from django.apps import AppConfig


class ScrapingConfig(AppConfig):
    name = "scraping"
    verbose_name = "Sources"

    def ready(self) -> None:
        from accounts.privacy import holders  # noqa: PLC0415
        from aiqleads.core import alerts  # noqa: PLC0415  (models are loaded only now)
        from leads import retention  # noqa: PLC0415
        from scraping import findings, personal, phone_codes, saved_pages, subscriptions  # noqa: PLC0415
        from scraping.privacy import CrawlHolder  # noqa: PLC0415

        subscriptions.connect()
        holders.register(CrawlHolder())
        personal.say()
        retention.register(
            "saved pages", kept="saved_page", due=saved_pages.count_old, let_go=saved_pages.delete_old
        )
        alerts.watch(phone_codes.AREA, phone_codes.used_up)
        alerts.watch(findings.WALL_AREA, findings.walls)
        alerts.watch(findings.DRIFT_AREA, findings.drifts)
        alerts.watch(findings.SUSPICION_AREA, findings.suspicions)
