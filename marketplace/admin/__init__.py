"""The market for operators, and leads: their page tells of quotes and claims, which lie above ``leads``."""

from marketplace.admin import access, deliveries, engagement, intents, leads, offers, pairs, returns, waiting

__all__ = ["access", "deliveries", "engagement", "intents", "leads", "offers", "pairs", "returns", "waiting"]
