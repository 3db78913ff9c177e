from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from leads import subscriptions  # noqa: PLC0415  (models must be loaded first)

        subscriptions.connect()
