"""Parts of PostgreSQL ranges inside a query."""

from django.db.models import DateTimeField, Func


class RangeEnd(Func):
    """The upper bound of a range of times; NULL when it never ends."""

    function = "upper"
    output_field = DateTimeField()


class RangeStart(Func):
    """The lower bound of a range of times."""

    function = "lower"
    output_field = DateTimeField()
