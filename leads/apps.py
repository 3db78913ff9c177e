from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from accounts.privacy import (  # noqa: PLC0415  (models must be loaded first)
            files,
            holders,
            people,
            values,
        )
        from accounts.services import privacy  # noqa: PLC0415
        from ai import waiting  # noqa: PLC0415
        from aiqleads.core import alerts, delegated  # noqa: PLC0415
        from leads import (  # noqa: PLC0415
            anomalies,
            delegation,
            reading_by_models,
            retention,
            rights,
            subscriptions,
            vectors,
        )
        from leads.privacy import annotations  # noqa: PLC0415
        from leads.privacy import values as lead_values  # noqa: PLC0415
        from leads.privacy.holder import LeadsHolder  # noqa: PLC0415
        from leads.privacy.reading import AsAdverts  # noqa: PLC0415

        subscriptions.connect()
        delegated.given = lambda request: delegation.sources_of(request.user)
        people.read_with(AsAdverts())
        holders.register(LeadsHolder())
        annotations.say()
        values.register("leads", lead_values.values, lead_values.known)
        waiting.register(reading_by_models.IN_BATCHES, reading_by_models.InBatches())
        retention.register("sent files", kept="sent_file", due=files.count_older, let_go=files.delete_older)
        retention.register(
            "identity codes", kept="identity_code", due=privacy.count_old_codes, let_go=privacy.forget_old_codes
        )
        alerts.watch("right.expiring", rights.ending_soon)
        alerts.watch("right.ended", rights.ended)
        alerts.watch(anomalies.AREA, anomalies.find_anomalies)
        alerts.watch(vectors.AREA, vectors.late)
