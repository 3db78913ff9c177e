"""Templates of the admin's libraries as a strict policy shows them."""

import pytest

from aiqleads.core.mended_templates import mended


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<p style="width: 3%">', '<p data-style="width: 3%">'),
        ('<p {% if wide %}style="width: 3%"{% endif %}>', '<p {% if wide %}data-style="width: 3%"{% endif %}>'),
        ("<style>p {}</style>", '<style nonce="{{ request.csp_nonce }}">p {}</style>'),
        ("""<p x-bind:style="'width: ' + wide + 'px'">""", """<p x-bind:style="{width: wide + 'px'}">"""),
        ('<p x-bind:style="`width: ${wide}px`">', """<p x-bind:style="{width: wide + 'px'}">"""),
        ('<p x-on:click="a = 1; b(2);">', '<p x-on:click="[a = 1, b(2)]">'),
        ('<p x-on:click="if (!a && b) c(1, 2)">', '<p x-on:click="(!a && b) && (c(1, 2))">'),
        ('<p x-on:click="if (a) { b = 1; c() }">', '<p x-on:click="(a) && ([b = 1, c()])">'),
        ('<p x-on:click="a; if (b) { c() } else { d = 1 }">', '<p x-on:click="[a, (b) ? (c()) : (d = 1)]">'),
        ("<p x-init=\"a = 1; $watch('b', c => keep('b', c ? '1' : '0'));\">", '<p x-init="a = 1">'),
        ('<p x-on:click="a = !a" class="x; y">', '<p x-on:click="a = !a" class="x; y">'),
        (
            '{% include "unfold/helpers/app_list_badge.html" with item=group %}',
            '{% if group.badge %}{% include "unfold/helpers/app_list_badge.html" with item=group %}{% endif %}',
        ),
    ],
)
def test_what_a_strict_policy_refuses_is_written_another_way(written, shown):
    assert mended(written) == shown
