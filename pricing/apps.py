from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "pricing"
    verbose_name = "Market"

    def ready(self) -> None:
        from pricing import kept, subscriptions  # noqa: PLC0415  (models must be loaded first)

        subscriptions.connect()
        kept.say()
