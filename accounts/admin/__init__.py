"""Accounts for operators."""

from accounts.admin import licences, people, requests

__all__ = ["licences", "people", "requests"]
