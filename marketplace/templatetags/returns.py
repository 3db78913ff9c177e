"""What is promised about returns, wherever something is bought."""

from django import template

from marketplace import selectors
from marketplace.return_rules import Terms

register = template.Library()


@register.inclusion_tag("marketplace/_return_terms.html")
def return_terms() -> dict[str, Terms]:
    """The terms of what is bought now."""
    return {"terms": selectors.return_terms()}
