"""The API's document is OpenAPI 3.1; each operation has examples that fit, and each of its refusals one."""

import re

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

from aiqleads.api_examples import Examples, NoExample, told
from aiqleads.core.known_problems import known_problems
from aiqleads.openapi import operation_names, operations
from marketplace.models import DeliveryEvent
from tests.api.described import codes_of


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.1"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_operation_has_a_name_of_its_own_and_a_summary(document):
    keys = {f"{method} {path.removeprefix('/api/v1/')}" for path, method, _ in operations(document)}

    assert operation_names().keys() == keys, "aiqleads/api_operations.toml has a line for each operation"
    names = [name for name, _ in operation_names().values()]
    assert len(set(names)) == len(names)
    assert [operation["operationId"] for _, _, operation in operations(document)] == [
        operation_names()[f"{method} {path.removeprefix('/api/v1/')}"][0]
        for path, method, _ in operations(document)
    ]
    for name, summary in operation_names().values():
        assert re.fullmatch("[a-z]+(_[a-z]+)*", name)
        assert summary[0].isupper()
        assert not summary.endswith(".")


def test_every_group_of_operations_is_described_on_the_page(document):
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}

    assert {one["name"] for one in document["tags"]} == used
    assert document["tags"][0]["name"] == "leads"


def bodies(document):
    """Each body that is sent, answered or told to a webhook, with where it is."""
    everything = [(f"{method} {path}", operation) for path, method, operation in operations(document)]
    everything += [(f"webhook {name}", on["post"]) for name, on in document.get("webhooks", {}).items()]
    for where, operation in everything:
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for kind, media in body.get("content", {}).items():
                yield where, kind, media


def values(document, media):
    for name, example in media.get("examples", {}).items():
        pointed_to = example.get("$ref", "").removeprefix("#/components/examples/")
        yield name, (document["components"]["examples"][pointed_to] if pointed_to else example)["value"]


def test_every_body_has_an_example(document):
    examples = Examples(document["components"]["schemas"])
    missing = []
    for where, _, media in bodies(document):
        if not media.get("examples"):
            try:
                examples.of(media["schema"])
            except NoExample as word:
                missing.append(f"{where}: aiqleads/api_examples.toml has no word for {word}")
            else:
                missing.append(f"{where}: no refusal is named in aiqleads/api_examples.toml")
    assert missing == []


def test_every_example_fits_its_schema(document):
    for where, _, media in bodies(document):
        schema = {**media["schema"], "components": document["components"]}
        fits = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        for name, value in values(document, media):
            wrong = [f"{'.'.join(map(str, error.path))}: {error.message}" for error in fits.iter_errors(value)]
            assert wrong == [], f"{where}: {name}"


def test_every_refusal_that_an_operation_names_is_documented_under_its_status(document):
    known = known_problems()
    of_operations = {f"{method} {path}": operation for path, method, operation in operations(document)}

    for key, codes in told()["refusals"].items():
        method, _, path = key.partition(" ")
        operation = of_operations[f"{method} /api/v1/{path}"]
        assert set(codes) <= codes_of(operation), (
            f"{key}: document the status of {set(codes) - codes_of(operation)}"
        )
        for code in codes:
            answer = operation["responses"][str(known[code].status)]
            assert f"`{code}`" in answer["description"]


def test_an_example_of_a_refusal_is_the_document_that_is_answered(document):
    for code, example in document["components"]["examples"].items():
        if code in known_problems():
            assert example["value"]["type"] == f"/problems/{code}"
            assert example["value"]["status"] == known_problems()[code].status


def test_words_that_nothing_uses_are_told(document):
    """Else the file would fill with what once was a property."""
    schemas = document["components"]["schemas"]
    properties = {name for schema in schemas.values() for name in schema.get("properties", {})}

    assert set(told()["words"]) <= properties
    assert set(told()["facts"]) | set(told()["details"]) <= set(known_problems())


def test_every_event_of_a_webhook_is_described_with_the_headers_that_it_is_signed_by(document):
    assert list(document["webhooks"]) == DeliveryEvent.values
    for webhook in document["webhooks"].values():
        headers = [one["name"] for one in webhook["post"]["parameters"]]
        assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature"]
