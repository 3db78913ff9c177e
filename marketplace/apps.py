from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = "Market"

    def ready(self) -> None:
        from accounts.account_data import register  # noqa: PLC0415
        from accounts.privacy import holders  # noqa: PLC0415
        from aiqleads.core import alerts, rotation  # noqa: PLC0415  (models must be loaded first)
        from marketplace import (  # noqa: PLC0415  (fair_housing_lint registers its check)
            evidence,
            fair_housing_lint,  # noqa: F401
            kept,
            personal,
            source_health,
            subscriptions,
        )
        from marketplace.account_data import MarketplaceHolder  # noqa: PLC0415
        from marketplace.privacy import MarketHolder  # noqa: PLC0415
        from marketplace.services import deletions  # noqa: PLC0415
        from scraping import afterwards  # noqa: PLC0415

        subscriptions.connect()
        register(MarketplaceHolder())
        holders.register(MarketHolder())
        personal.say()
        kept.say()
        rotation.also(name="files of evidence", count=evidence.versions, rewrite=evidence.rewrite_under_newest_key)
        afterwards.tell_of(source_health.lines_of)
        alerts.watch(deletions.AREA, deletions.unconfirmed)
        alerts.watch(source_health.ALERT_AREA, source_health.bad_sources)
