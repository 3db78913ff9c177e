"""Sources, their rights and their runs for operators."""

from scraping.admin import rights, runs, sources

__all__ = ["rights", "runs", "sources"]
