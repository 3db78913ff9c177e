"""Selectors that operators write for one site: what they may say, and how they are run without trusting them.

An XPath of thirty characters can keep a processor busy for minutes on a page made for it, and lxml cannot be
interrupted. So selectors are compiled here and run by ``worker.py`` in a process of its own that the kernel stops.
"""

from scraping.readers.by_selector.rules import SELECTABLE, UnusableSelector, check_rules
from scraping.readers.by_selector.running import with_selectors

__all__ = ["SELECTABLE", "UnusableSelector", "check_rules", "with_selectors"]
