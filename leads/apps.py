from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from aiqleads.core import alerts  # noqa: PLC0415  (models must be loaded first)
        from leads import anomalies, rights, subscriptions  # noqa: PLC0415

        subscriptions.connect()
        alerts.watch("right.expiring", rights.ending_soon)
        alerts.watch("right.ended", rights.ended)
        alerts.watch(anomalies.AREA, anomalies.find_anomalies)
