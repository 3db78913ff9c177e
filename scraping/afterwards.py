"""What happened to a source's leads after it brought them: told by the apps above, which this one does not know.

An app hands a function in when it is ready; a source's page asks each for its lines.
"""

from collections.abc import Callable, Sequence

from leads.models import Source

Line = tuple[str, str]
"""What is told, and how it is: ("Sold in 90 days", "40")."""
Teller = Callable[[Source], Sequence[Line]]

_TELLERS: list[Teller] = []


def tell_of(teller: Teller) -> None:
    """Have ``teller`` add lines to every source's page; handing it in twice is the same as once."""
    if teller not in _TELLERS:
        _TELLERS.append(teller)


def lines_of(source: Source) -> list[Line]:
    """Everything that is told of one source."""
    return [line for teller in _TELLERS for line in teller(source)]
