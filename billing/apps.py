from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        from accounts import account_data  # noqa: PLC0415
        from accounts.privacy import holders  # noqa: PLC0415
        from aiqleads.core import alerts, metrics  # noqa: PLC0415  (models must be loaded first)
        from billing import (  # noqa: PLC0415
            books,
            checks,
            inbox,
            kept,
            personal,
            privacy,
            subscriptions,
            taxes,
        )

        checks.leave_out_those_of_mirrors()
        kept.say()
        personal.say()
        subscriptions.connect()
        holders.register(privacy.BillingHolder())
        account_data.register(privacy.BillingAccountHolder())
        metrics.tell(books.AREA, books.figures)
        metrics.tell(inbox.AREA, inbox.figures)
        inbox.watch()
        alerts.watch(taxes.AREA_LATE, taxes.told_late)
