"""What is wrong with sources, as alerts tell it: who is paused at a wall."""

from collections.abc import Iterator
from typing import Final

from aiqleads.core.alerts import Finding
from leads.models import Source

WALL_AREA: Final = "crawl.wall"
SHOWED: Final = "It showed "
"""How the reason of a source begins that is paused because of a wall."""


def walls() -> Iterator[Finding]:
    """Sources that are paused because they showed a wall; the alert ends when an operator lets one go on."""
    for source in Source.objects.filter(is_paused=True, pause_reason__startswith=SHOWED).order_by("pk"):
        wall = source.pause_reason.removeprefix(SHOWED).removesuffix(".")
        yield Finding(
            key=f"{WALL_AREA}:{source.pk}",
            says=f"{source.name} showed {wall}, so its crawl was stopped and it is paused. "
            "Ask the site for a permission or a feed before you let it go on.",
            subject=source,
        )
