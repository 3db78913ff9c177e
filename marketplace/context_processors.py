"""What every page shows about the buyer."""

from django.http import HttpRequest


def buyer(request: HttpRequest) -> dict[str, object]:
    return {}
