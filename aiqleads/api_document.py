"""The API's document at its address: written once in each form that is asked for, not for each who asks.

It says the same to everybody and as long as a process runs, and takes a second of CPU to write: whoever is not even
logged in could keep a server busy with it.
"""

from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class DocumentView(SpectacularAPIView):
    """drf-spectacular's view, which keeps what it answered."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        form: Any = request.accepted_renderer
        file_name = f"{settings.SPECTACULAR_SETTINGS['TITLE']}.{form.format}"
        return HttpResponse(
            _written(str(form.format)),
            content_type=form.media_type + (f"; charset={form.charset}" if form.charset else ""),
            headers={"Content-Disposition": f'inline; filename="{file_name}"'},
        )


@cache
def _written(form: str) -> bytes:
    """The document as ``json`` or ``yaml``."""
    generator: Any = SchemaGenerator
    with translation.override(settings.LANGUAGE_CODE):  # whatever who asks first reads
        return force_bytes(_RENDERERS[form]().render(generator().get_schema(public=True)))


_RENDERERS: Final = {one.format: one for one in (OpenApiYamlRenderer, OpenApiJsonRenderer)}
