from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = "Market"

    def ready(self) -> None:
        from marketplace import subscriptions  # noqa: PLC0415  (models must be loaded first)

        subscriptions.connect()
