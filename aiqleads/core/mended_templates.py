"""Templates of the admin's libraries, mended as they are loaded, so that a policy without ``unsafe`` shows them.

What a strict policy refuses is written another way: styles that stand in an element are set by
``static/js/operators.js``, a sheet that stands in the page names the page's nonce, and expressions that only
``eval`` could read become ones that the CSP build of Alpine reads. Nothing is copied, so a library's next release
comes with its own templates; journeys open every screen and fail over whatever the policy refuses in one.
One mend is for speed: a menu of fifty entries asks for the template of badges where there is one, which is thrice.
"""

import re
from collections.abc import Callable
from typing import Final

from django.template import Origin
from django.template.loaders.app_directories import Loader as AppTemplates

_STYLE_OF_ELEMENT: Final = re.compile(r"""(?<=[\s}])style=(?=["'])""")
_EXPRESSION: Final = re.compile(r"""(?P<name>x-(?:on|init|bind)[\w:.-]*)="(?P<says>[^"]*)\"""")
_WATCHED: Final = re.compile(r"\$watch\('\w+', \w+ => .*?\)\);", re.DOTALL)
"""Keeps in the browser what the expression that changes it keeps as well."""
_CONDITION: Final = re.compile(
    r"if \((?P<asks>.+?)\) (?:\{(?P<does>[^{}]*)\}(?: else \{(?P<other>[^{}]*)\})?|(?P<calls>[^;]+));?\Z", re.DOTALL
)
_BADGE: Final = re.compile(r'{% include "unfold/helpers/app_list_badge.html" with item=(?P<of>\w+) %}')
_WIDTH: Final = re.compile(r"'width: ' \+ (?P<of>\w+) \+ 'px'|`width: \$\{(?P<in>\w+)\}px`")


class Loader(AppTemplates):
    """Django's loader of the templates of apps."""

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return mended(contents) if str(origin.template_name).startswith(("admin/", "unfold/")) else contents


def mended(template: str) -> str:
    """A template's text without what a strict policy refuses."""
    template = template.replace("<style", '<style nonce="{{ request.csp_nonce }}"')
    template = _STYLE_OF_ELEMENT.sub("data-style=", template)
    template = _BADGE.sub(r"{% if \g<of>.badge %}\g<0>{% endif %}", template)
    return _EXPRESSION.sub(lambda found: f'{found["name"]}="{_read_without_eval(found["says"])}"', template)


def _read_without_eval(expression: str) -> str:
    for mend in _MENDS:
        expression = mend(expression)
    return expression


def _without_watching(expression: str) -> str:
    return _WATCHED.sub("", expression)


def _widths_as_properties(expression: str) -> str:
    """A style as text is an inline style; its properties, set one by one, are none."""
    return _WIDTH.sub(lambda found: f"{{width: {found['of'] or found['in']} + 'px'}}", expression)


def _as_one_value(expression: str) -> str:
    """``a; b`` as ``[a, b]`` and ``if (a) b`` as ``(a) && (b)``: one expression, reckoned in the same order."""
    if condition := _CONDITION.match(expression.strip()):
        does = _as_one_value(condition["does"] or condition["calls"])
        other = condition["other"]
        return (
            f"({condition['asks']}) ? ({does}) : ({other.strip()})"
            if other
            else f"({condition['asks']}) && ({does})"
        )
    steps = [step for part in expression.split(";") if (step := part.strip())]
    if len(steps) > 1:
        return f"[{', '.join(map(_as_one_value, steps))}]"
    return expression.strip().rstrip(";")


_MENDS: Final[tuple[Callable[[str], str], ...]] = (_without_watching, _widths_as_properties, _as_one_value)
