"""Long lists are written as Django REST framework would write them."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID

from rest_framework import serializers

from aiqleads.core.documents import DocumentSerializer


class Reason(DocumentSerializer):
    part = serializers.CharField()
    says = serializers.CharField(default="")


class Home(DocumentSerializer):
    id = serializers.UUIDField(source="key")
    beds = serializers.FloatField(allow_null=True)
    city = serializers.CharField(source="place.city")
    seen_at = serializers.DateTimeField()
    reasons = Reason(many=True)


def home(**facts):
    usual = {
        "key": UUID(int=7),
        "beds": None,
        "place": SimpleNamespace(city="Austin"),
        "seen_at": datetime(2026, 11, 20, tzinfo=UTC),
        "reasons": [{"part": "moving", "says": "They move."}],
    }
    return SimpleNamespace(**{**usual, **facts})


def test_a_row_is_written_as_the_library_writes_it():
    row = home()

    written = Home([row], many=True).data

    assert written == [serializers.Serializer.to_representation(Home(), row)]
    assert written[0]["city"] == "Austin"
    assert written[0]["beds"] is None


def test_what_a_row_leaves_out_has_its_default():
    assert Home(home(reasons=[{"part": "moving"}])).data["reasons"] == [{"part": "moving", "says": ""}]


def test_a_moment_of_another_zone_is_written_in_utc():
    row = home(seen_at=datetime(2026, 11, 20, 19, 30, tzinfo=timezone(timedelta(hours=-5))))

    assert Home(row).data["seen_at"] == "2026-11-21T00:30:00Z"
    assert Home(row).data == serializers.Serializer.to_representation(Home(), row)
