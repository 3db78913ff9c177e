"""Accounts for operators."""

from accounts.admin import licences, people

__all__ = ["licences", "people"]
