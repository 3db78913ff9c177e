"""A service that speaks Spark's own interface alone, over real HTTP: exact after every kind of change."""

import json
import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from leads.models import Observation, Source, SourceRight
from scraping import services
from scraping.feeds.reso import replication
from scraping.models import CrawlRun, FeedAccess
from tests.scraping.small_sites import Answer, page, serving

TOKEN = "a-token-for-tests"
AT_ONCE = 3
JSON = {"Content_Type": "application/json"}


class Spark(dict[str, Answer]):
    """Listings by key; pages of three in the order of their keys, each behind the mark of the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.listings: dict[str, dict[str, object]] = {}
        self.moment = 0

    def tell(self, *numbers: int, **facts: object) -> None:
        for number in numbers:
            self.moment += 1
            key = f"2026{number:04}"
            known = self.listings.get(key, {"ListingKey": key, "StandardStatus": "Active", "ListPrice": 300_000})
            place = {"UnparsedAddress": f"{number} Juniper Way, Austin, TX 78704", "PropertyType": "A"}
            stamp = {"ModificationTimestamp": f"2026-06-01T{self.moment // 60:02}:{self.moment % 60:02}:00Z"}
            self.listings[key] = {**place, **known, **stamp, **facts}

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        if urlsplit(path).path != "/v1/listings":
            refused = {"D": {"Success": False, "Code": 404, "Message": "There is no such resource."}}
            return page(json.dumps(refused), status=404, **JSON) if path.startswith("/v1/") else default
        return self._listings

    def _listings(self, handler: BaseHTTPRequestHandler) -> None:
        assert handler.headers["Authorization"] == f"Bearer {TOKEN}"
        asked = {
            name: values[0]
            for name, values in parse_qs(urlsplit(handler.path).query, keep_blank_values=True).items()
        }
        rows = [row for key, row in sorted(self.listings.items()) if key > asked["_skiptoken"]]
        rows = [row for row in rows if self._is_wanted(row, asked.get("_filter", ""))][:AT_ONCE]
        names = asked.get("_select", "").split(",") if asked.get("_select") else None
        results = [
            {"Id": row["ListingKey"], "StandardFields": {k: v for k, v in row.items() if not names or k in names}}
            for row in rows
        ]
        mark = {"SkipToken": str(rows[-1]["ListingKey"])} if rows else {}
        page(json.dumps({"D": {"Success": True, "Results": results, **mark}}), **JSON)(handler)

    def _is_wanted(self, row: dict[str, object], condition: str) -> bool:
        if since := re.search(r"ModificationTimestamp Gt ([^)]+)", condition):
            return str(row["ModificationTimestamp"]) > since[1]
        keys = re.findall(r"ListingKey Eq '(\w+)'", condition)
        return not condition or row["ListingKey"] in keys


def follow() -> CrawlRun:
    run = services.start_run(slug="spark-mls")
    return services.finish_run(run, ending=replication.follow(run))


def stored() -> dict[str, int]:
    rows = [item.raw or {} for item in Observation.objects.filter(gone_at=None)]
    return {row["external_id"]: int(row["asking_price"]) for row in rows}


@pytest.mark.django_db(transaction=True)
def test_what_is_stored_is_what_the_service_has_after_inserts_updates_and_deletes(subtests):
    spark = Spark()
    spark.tell(*range(1, 12))
    with serving({}) as site:
        site.pages = spark
        source = Source.objects.create(
            slug="spark-mls", name="Spark MLS", family=Source.Family.MLS, reader="reso",
            base_url=f"{site.base_url}/v1", access_token=TOKEN,
        )  # fmt: skip
        SourceRight.objects.create(
            source=source, basis=SourceRight.Basis.LICENSED, may_suppress=True, document="a licence",
            during=("2020-01-01T00:00:00Z", None),
        )  # fmt: skip
        FeedAccess.objects.create(source=source, reconcile_hours=0)

        first = follow()
        spark.moment += 60
        spark.tell(4, 9, ListPrice=310_000)
        spark.tell(12, 13)
        for gone in (2, 7):
            del spark.listings[f"2026{gone:04}"]
        site.forget()
        second, third = follow(), follow()

    with subtests.test("everything is read once, page by page"):
        assert (first.state, first.reason, first.new_count) == ("finished", "", 11)
    with subtests.test("then what changed, and every key"):
        counts = (second.new_count, second.changed_count, second.gone_count)
        assert (second.state, *counts) == ("finished", 2, 2, 2)
        assert stored() == {key: row["ListPrice"] for key, row in spark.listings.items()}
        assert any("ModificationTimestamp%20Gt%202026-06-01T" in path for path in site.asked)
    with subtests.test("and nothing again"):
        assert (third.new_count, third.changed_count, third.gone_count) == (0, 0, 0)
