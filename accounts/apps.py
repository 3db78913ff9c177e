from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import step_up, subscriptions  # noqa: PLC0415  (models are loaded only now)
        from accounts.privacy import due, tasks  # noqa: F401, PLC0415  (Celery finds the tasks of apps alone)
        from accounts.privacy import subscriptions as of_requests  # noqa: PLC0415
        from aiqleads.core import alerts, sensitive  # noqa: PLC0415

        subscriptions.connect()
        of_requests.connect()
        alerts.watch(due.AREA, due.findings)
        sensitive.ask_first = step_up.ask_first
