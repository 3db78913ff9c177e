"""The bundled source sites, served for as long as this runs, so that they can be crawled again."""

import time
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError

from aiqleads.core.commands import DataCommand
from scraping import bundled
from scraping.bundled import ShownWorld

LOOK_EVERY_SECONDS: Final = 1.0


class Command(DataCommand):
    help = "Serve the bundled source sites on loopback, on the day that was loaded last, until interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off here: the bundled sites are refused.")
        while True:
            world = bundled.shown_world()
            if world is None:
                time.sleep(LOOK_EVERY_SECONDS)
            else:
                self._serve_until_another_is_shown(world)

    def _serve_until_another_is_shown(self, world: ShownWorld) -> None:
        with bundled.serve_world(world) as sites:
            for slug, url in sites.base_urls.items():
                self.stdout.write(f"{slug}, day {world.day}: {url}/")
            self.stdout.flush()
            while bundled.shown_world() == world:
                bundled.point_sources_at(sites)
                time.sleep(LOOK_EVERY_SECONDS)
