"""Loads what every crawl needs, for ``crawl_forks`` to do it once: importing this is all there is to it.

Nothing here may open a connection, start a thread or install Twisted's reactor: forks would share it.
"""

import gc
import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiqleads.settings")
django.setup()

from celery import current_app  # noqa: E402  (Django first, as everything below)
from scrapy.settings import default_settings  # noqa: E402

from leads import zip_directory  # noqa: E402
from scraping import crawling  # noqa: E402

OF_SCRAPY = (
    *crawling.USED_EXTENSIONS,
    *default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    *default_settings.SPIDER_MIDDLEWARES_BASE,
    default_settings.DOWNLOAD_HANDLERS_BASE["http"],
    default_settings.SCHEDULER,
)
OURS = (
    "scraping.feeds.reso.replication",
    "scraping.judged_names",
    "scraping.log_lines",
    "scraping.management.commands.crawl",
    "scraping.middlewares",
    "scraping.pipelines",
    "scraping.robots",
    "scraping.spiders.bundled",
    "scraping.spiders.pictures",
)

for _name in (*(path.rpartition(".")[0] for path in OF_SCRAPY), *OURS):
    import_module(_name)
current_app.finalize()
zip_directory.find_zip("78704")  # the first question unpacks the whole list
gc.freeze()
