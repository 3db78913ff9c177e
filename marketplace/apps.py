from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = "Market"

    def ready(self) -> None:
        from accounts.account_data import register  # noqa: PLC0415
        from aiqleads.core import alerts  # noqa: PLC0415  (models must be loaded first)
        from marketplace import source_health, subscriptions  # noqa: PLC0415
        from marketplace.account_data import MarketplaceHolder  # noqa: PLC0415
        from scraping import afterwards  # noqa: PLC0415

        subscriptions.connect()
        register(MarketplaceHolder())
        afterwards.tell_of(source_health.lines_of)
        alerts.watch(source_health.ALERT_AREA, source_health.bad_sources)
