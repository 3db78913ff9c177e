"""Spiders. Which sources have one stands here, so that asking it does not load Scrapy."""

from typing import Final

SLUGS: Final = ("demo-classifieds-east", "demo-classifieds-west", "demo-fsbo", "demo-mls")
