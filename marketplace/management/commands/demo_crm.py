"""The stand-in for Follow Up Boss, served for as long as this runs."""

import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.follow_up_boss_sandbox import create_app
from scraping.demo.server import HOST, listen, running

LOOK_EVERY_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Serve the stand-in for Follow Up Boss where FOLLOW_UP_BOSS_URL names this machine, until interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off here: the stand-in is refused.")
        service = urlsplit(settings.FOLLOW_UP_BOSS_URL)
        is_here = service.scheme == "http" and service.hostname == HOST and service.port
        if is_here and service.port:
            app = create_app(folder=settings.FOLLOW_UP_BOSS_SANDBOX_PATH)
            with listen(service.port) as listening, running(app, [listening]):
                self.stdout.write(f"CRM: http://{HOST}:{service.port}/")
                self.stdout.flush()
                self._stay()
        self._stay()

    def _stay(self) -> None:
        """Until interrupted: what runs beside us is ended together with us."""
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
