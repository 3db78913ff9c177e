"""The demo's log-ins, one a line."""

from typing import Any

from django.core.management.base import BaseCommand

from marketplace.demo import LOGINS, PASSWORD


class Command(BaseCommand):
    help = "Print who can log in to the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        for login in LOGINS:
            self.stdout.write(f"{login.email}  password: {PASSWORD}  ({login.role})")
