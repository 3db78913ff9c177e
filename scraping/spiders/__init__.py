"""Spiders. Which shipped sources have one, or are a feed, stands here: asking it does not load Scrapy."""

from typing import Final

SLUGS: Final = ("demo-classifieds-east", "demo-classifieds-west", "demo-fsbo", "demo-mls")
