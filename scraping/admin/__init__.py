"""Sources, their rights, runs and saved pages for operators."""

from scraping.admin import pages, rights, runs, sources

__all__ = ["pages", "rights", "runs", "sources"]
