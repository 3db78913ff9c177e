"""The market for operators, and leads: their page tells of quotes and claims, which lie above ``leads``."""

from marketplace.admin import leads, offers, pairs, returns

__all__ = ["leads", "offers", "pairs", "returns"]
