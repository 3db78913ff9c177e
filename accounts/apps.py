from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import step_up, subscriptions  # noqa: PLC0415  (models are loaded only now)
        from accounts.privacy import subscriptions as of_requests  # noqa: PLC0415
        from aiqleads.core import sensitive  # noqa: PLC0415

        subscriptions.connect()
        of_requests.connect()
        sensitive.ask_first = step_up.ask_first
