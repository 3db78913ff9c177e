"""The bundled source sites, served for as long as this runs, so that they can be crawled again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from aiqleads.core.commands import DataCommand
from aiqleads.core.text_messages import sandbox
from scraping import bundled
from scraping.bundled import ShownWorld
from scraping.demo.server import HOST, listen, running

LOOK_EVERY_SECONDS: Final = 1.0


class Command(DataCommand):
    help = (
        "Serve the bundled source sites on loopback, on the day that was loaded last, and the stand-in for text "
        "messages where SMS_URL names this machine, until interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off here: the bundled sites are refused.")
        with self._texts():
            while True:
                world = bundled.shown_world()
                if world is None:
                    time.sleep(LOOK_EVERY_SECONDS)
                else:
                    self._serve_until_another_is_shown(world)

    @contextmanager
    def _texts(self) -> Iterator[None]:
        """Take text messages at SMS_URL, where that is plain HTTP on this machine."""
        service = urlsplit(settings.SMS_URL)
        if service.scheme != "http" or service.hostname != HOST or not service.port:
            yield
            return
        app = sandbox.create_app(
            account=service.username or "",
            token=service.password or "",
            folder=settings.SMS_SANDBOX_PATH,
            replies_to=f"{settings.SITE_URL}{reverse('accounts:text_reply')}",
        )
        with listen(service.port) as listening, running(app, [listening]):
            self.stdout.write(f"text messages: http://{HOST}:{service.port}/")
            self.stdout.flush()
            yield

    def _serve_until_another_is_shown(self, world: ShownWorld) -> None:
        with bundled.serve_world(world) as sites:
            for slug, url in sites.base_urls.items():
                self.stdout.write(f"{slug}, day {world.day}: {url}/")
            self.stdout.flush()
            while bundled.shown_world() == world:
                bundled.point_sources_at(sites)
                time.sleep(LOOK_EVERY_SECONDS)
