"""The API describes itself, offline, and says whether it can work."""

import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder

from aiqleads import api_document
from tests.api.described import described
from tests.api.test_refusals import MEMBERS_ONLY


def test_a_checkouts_refusal_documents_the_lines_it_lost(anonymous):
    schema = anonymous.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    answers = schema["paths"]["/api/v1/cart/checkout/"]["post"]["responses"]

    for status in ("409", "422"):
        [content] = answers[status]["content"].values()
        assert content["schema"]["$ref"].endswith("/CheckOutProblem")
    assert {"lost", "left"} <= schema["components"]["schemas"]["CheckOutProblem"]["properties"].keys()


def test_the_document_is_written_once_in_each_form(anonymous):
    forms = (
        "application/json",
        "application/vnd.oai.openapi+json",
        "application/vnd.oai.openapi",
        "application/yaml",
    )
    first = [anonymous.get("/api/schema/", HTTP_ACCEPT=form) for form in forms]
    written = api_document._written.cache_info().misses

    again = [anonymous.get("/api/schema/", HTTP_ACCEPT=form) for form in forms]

    assert api_document._written.cache_info().misses == written
    assert [answer.content for answer in again] == [answer.content for answer in first]
    assert [answer["Content-Type"] for answer in again] == [
        *forms[:2],
        *(f"{form}; charset=utf-8" for form in forms[2:]),
    ]
    assert again[0].json() == again[1].json() == described()
    assert again[2].content == again[3].content
    assert again[2].content.startswith(b"openapi: 3.1.1\n")
    assert again[2]["Content-Disposition"] == 'inline; filename="AIQLeads API.yaml"'
    assert "Accept" in again[0]["Vary"]


def test_the_schema_is_without_warnings(tmp_path):
    call_command("spectacular", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_the_schema_documents_every_address_and_its_problems(anonymous):
    schema = anonymous.get("/api/schema/", HTTP_ACCEPT="application/json").json()

    described = {(method, re.sub(r"{\w+}", "{}", url)) for url, on in schema["paths"].items() for method in on}
    members_only = {(method, "/api/v1/" + re.sub(r"{\w+}|\b1\b", "{}", url)) for method, url in MEMBERS_ONLY}
    assert members_only < described
    assert len(described) == len(members_only) + 17
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["429"]["content"]
    checkout = schema["paths"]["/api/v1/cart/checkout/"]["post"]
    assert {"201", "400", "401", "402", "403", "409", "422", "429"} <= set(checkout["responses"])
    assert [parameter["name"] for parameter in checkout["parameters"]] == ["Idempotency-Key"]
    assert checkout["security"] == [{"jwtAuth": []}, {"apiKeyAuth": []}]
    assert {} in schema["paths"]["/api/v1/leads/"]["get"]["security"]


def test_the_documentation_loads_nothing_from_another_host(anonymous):
    page = anonymous.get("/api/docs/", HTTP_ACCEPT="text/html")

    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", page.content.decode())
    assert sources
    assert all(source.startswith("/") and not source.startswith("//") for source in sources), sources


def test_a_living_process_says_so_without_its_database(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.post("/health/live").status_code == 405


def test_a_ready_process_has_its_database_migrations_and_redis(client, db):
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "ok"}


@pytest.fixture
def away(settings):
    """Nothing listens at this address."""
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"


def test_a_process_without_redis_is_not_ready(client, db, away):
    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "failing"}


def test_a_process_that_lacks_a_migration_is_not_ready(client, db):
    MigrationRecorder.Migration.objects.filter(app="marketplace").delete()

    assert client.get("/health/ready").json()["checks"]["migrations"] == "failing"


def test_the_api_works_without_its_cache(anonymous, settings, lead):
    nowhere = {**settings.CACHES["default"], "LOCATION": "unix:///nonexistent/redis.sock"}
    settings.CACHES = {"default": nowhere}
    cache.set("kept", "in memory")

    assert cache.get("kept") == "in memory"
    assert anonymous.get("/api/v1/leads/").status_code == 200
