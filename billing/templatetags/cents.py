"""Money on pages."""

from django import template

from billing.papers import dollars

register = template.Library()
register.filter("money", dollars)
