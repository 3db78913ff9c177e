from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in  # noqa: PLC0415
        from allauth.usersessions.signals import on_user_logged_in  # noqa: PLC0415

        from accounts import kept, staff, step_up, subscriptions  # noqa: PLC0415  (models are loaded only now)
        from accounts.privacy import annotations, checks, due, files, holders, own  # noqa: PLC0415  # noqa: F401, PLC0415  (Celery finds the tasks of apps alone)
        from accounts.privacy import subscriptions as of_requests  # noqa: PLC0415
        from accounts.services import deletion_lists, do_not_call, erasures  # noqa: PLC0415
        from accounts.social import checks as of_social_logins  # noqa: PLC0415
        from aiqleads.core import alerts, rotation, sensitive  # noqa: PLC0415

        # It would look at each of the user's browsers by three queries; services.note_browser stands for it.
        user_logged_in.disconnect(on_user_logged_in)
        subscriptions.connect()
        of_requests.connect()
        holders.register(own.AccountHolder())
        holders.register(files.SentFiles())
        annotations.say()
        kept.say()
        assert checks.check_personal_data  # noqa: S101 - importing registers it
        assert of_social_logins.check_social_logins  # noqa: S101 - the same
        rotation.also(name="do-not-call lists in force", count=do_not_call.versions, rewrite=rotation.nothing)
        rotation.also(name="journal of erasures", count=erasures.journal_versions, rewrite=rotation.nothing)
        alerts.watch(due.AREA, due.findings)
        alerts.watch(erasures.AREA, erasures.stuck)
        alerts.watch(deletion_lists.AREA, deletion_lists.late)
        post_migrate.connect(staff.make_groups_at_last, dispatch_uid="accounts.staff")
        sensitive.ask_first = step_up.ask_first
