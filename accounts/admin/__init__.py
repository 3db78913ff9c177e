"""Accounts for operators."""

from accounts.admin import erasures, licences, lists, people, requests, suppression

__all__ = ["erasures", "licences", "lists", "people", "requests", "suppression"]
