"""The demo's log-ins, one a line."""

from typing import Any

from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from marketplace import demo


class Command(DataCommand):
    help = "Print who can log in to the demo. Exit code 1 where the demo was not loaded."

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo.is_loaded():
            raise CommandError("The demo was not loaded here: run manage.py demo.")
        for login in demo.LOGINS:
            code = demo.code_of(login)
            second = f"  then the code: {code} (another each half minute: manage.py demo_logins)" if code else ""
            self.stdout.write(f"{login.email}  password: {demo.PASSWORD}  ({login.role}){second}")
