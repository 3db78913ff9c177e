"""An operation that goes says so for half a year: in its answers, in its refusals and in the document."""

from datetime import date

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from aiqleads.core.api import NeverCached
from aiqleads.core.deprecation import deprecated


class Going(NeverCached):
    """An operation that goes, and one that stays."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @deprecated(since=date(2026, 11, 22), sunset=date(2027, 6, 1), instead="/api/v1/leads/")
    def get(self, request):
        """The list as it was."""
        if "refused" in request.query_params:
            raise exceptions.NotFound
        return Response({})

    def post(self, request):
        return Response({})


@pytest.mark.parametrize("query", ["", "?refused"])
def test_answers_and_refusals_say_when_it_ends_and_what_takes_its_place(query):
    answer = Going.as_view()(APIRequestFactory().get(f"/{query}"))

    assert answer["Deprecation"] == "@1795305600"
    assert answer["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/leads/>; rel="successor-version"'


def test_what_stays_says_nothing_of_the_kind():
    answer = Going.as_view()(APIRequestFactory().post("/"))

    assert not {"Deprecation", "Sunset", "Link"} & set(answer.headers)


def test_the_document_marks_it():
    [operations] = SchemaGenerator(patterns=[path("api/v1/going/", Going.as_view())]).get_schema()["paths"].values()

    assert operations["get"]["deprecated"] is True
    assert "deprecated" not in operations["post"]


def test_nothing_ends_within_half_a_year():
    with pytest.raises(ValueError, match="180 days"):
        deprecated(since=date(2026, 11, 22), sunset=date(2027, 1, 1), instead="/api/v1/leads/")
