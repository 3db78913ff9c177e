"""Sources, their rights, runs and saved pages for operators."""

from scraping.admin import files, pages, rights, runs, sources, suppliers

__all__ = ["files", "pages", "rights", "runs", "sources", "suppliers"]
