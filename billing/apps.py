from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        from aiqleads.core import metrics  # noqa: PLC0415  (models must be loaded first)
        from billing import books, kept  # noqa: PLC0415

        kept.say()
        metrics.tell(books.AREA, books.figures)
