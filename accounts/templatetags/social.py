"""What pages say about other sites that log people in."""

from django import template

from accounts import selectors
from aiqleads.social_logins import SocialLogin

register = template.Library()


@register.simple_tag
def social_sites() -> list[SocialLogin]:
    """Those that are switched on."""
    return selectors.social_sites()
