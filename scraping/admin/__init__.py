"""Sources, their rights, runs and saved pages for operators."""

from scraping.admin import areas, feeds, files, pages, rights, runs, sources, suppliers

__all__ = ["areas", "feeds", "files", "pages", "rights", "runs", "sources", "suppliers"]
