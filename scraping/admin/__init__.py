"""Sources, their rights, runs and saved pages for operators."""

from scraping.admin import feeds, files, pages, rights, runs, sources, suppliers

__all__ = ["feeds", "files", "pages", "rights", "runs", "sources", "suppliers"]
