"""What every refusal of the API looks like."""

from typing import Any

from tests.api.described import OF_EVERY_ADDRESS, codes_of, operation_of


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check the problem document and that its operation documents it; give it back."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"]
    _assert_documented(response, code)
    return body


def _assert_documented(response: Any, code: str) -> None:
    asked = response.request
    operation = operation_of(asked["REQUEST_METHOD"], asked["PATH_INFO"])
    if operation is not None and code not in OF_EVERY_ADDRESS:
        key = f"{asked['REQUEST_METHOD'].lower()} {asked['PATH_INFO']}"
        says = f"{key} answers {code}: name it under [refusals] of aiqleads/api_examples.toml"
        assert code in codes_of(operation), says
