from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from accounts import account_data  # noqa: PLC0415
        from accounts.privacy import holders, people, values  # noqa: PLC0415  (models must be loaded first)
        from ai import waiting  # noqa: PLC0415
        from aiqleads.core import alerts, delegated  # noqa: PLC0415
        from leads import (  # noqa: PLC0415
            anomalies,
            delegation,
            kept,
            reading_by_models,
            rights,
            subscriptions,
            vectors,
        )
        from leads.account_data import DelegationHolder  # noqa: PLC0415
        from leads.privacy import annotations  # noqa: PLC0415
        from leads.privacy import values as lead_values  # noqa: PLC0415
        from leads.privacy.holder import LeadsHolder  # noqa: PLC0415
        from leads.privacy.reading import AsAdverts  # noqa: PLC0415

        subscriptions.connect()
        delegated.given = lambda request: delegation.sources_of(request.user)
        people.read_with(AsAdverts())
        account_data.register(DelegationHolder())
        holders.register(LeadsHolder())
        annotations.say()
        values.register("leads", lead_values.values, lead_values.known)
        waiting.register(reading_by_models.IN_BATCHES, reading_by_models.InBatches())
        kept.say()
        alerts.watch("right.expiring", rights.ending_soon)
        alerts.watch("right.ended", rights.ended)
        alerts.watch(anomalies.AREA, anomalies.find_anomalies)
        alerts.watch(vectors.AREA, vectors.late)
