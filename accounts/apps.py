from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import step_up, subscriptions  # noqa: PLC0415  (models are loaded only now)
        from aiqleads.core import sensitive  # noqa: PLC0415

        subscriptions.connect()
        sensitive.ask_first = step_up.ask_first
