from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        from billing import kept  # noqa: PLC0415  (models must be loaded first)

        kept.say()
