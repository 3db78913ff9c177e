"""The stand-in's files and batches: lines of questions are handed in, and their answers fetched later.

A batch goes on when it is looked at: validated, then at work while ``Does.WAITS`` is told, then over. What its
lines are answered is decided then, by what the chat and embeddings routes were told. The answers come in another
order than the questions, as nobody promises one.
Source: platform.openai.com/docs/api-reference/batch
"""

import email
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ai.sandbox.control import Behaviour, Does
from ai.sandbox.demands import Refused

MOST_LINES: Final = 50_000
ENDPOINTS: Final = {"/v1/chat/completions": "chat", "/v1/embeddings": "embeddings"}
EXPIRED: Final = {"code": "batch_expired", "message": "This request could not be executed before it expired."}

Line = Callable[[str, Mapping[str, Any]], tuple[int, dict[str, Any]]]
"""Answers one question of a route: a status and a body."""


@dataclass(slots=True)
class _File:
    id: str
    name: str
    purpose: str
    content: bytes

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id, "object": "file", "bytes": len(self.content), "created_at": int(time.time()),
            "filename": self.name, "purpose": self.purpose, "status": "processed",
        }  # fmt: skip


@dataclass(slots=True)
class _Batch:
    id: str
    endpoint: str
    input_file_id: str
    lines: list[dict[str, Any]]
    metadata: Mapping[str, str]
    status: str = "validating"
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    failed: int = 0

    def told(self) -> dict[str, Any]:
        is_over = self.status in ("completed", "expired", "cancelled")
        counts = {"total": len(self.lines), "completed": len(self.lines) - self.failed if is_over else 0}
        return {
            "id": self.id, "object": "batch", "endpoint": self.endpoint, "status": self.status,
            "input_file_id": self.input_file_id, "completion_window": "24h", "created_at": int(time.time()),
            "output_file_id": self.output_file_id, "error_file_id": self.error_file_id,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "request_counts": {**counts, "failed": self.failed}, "metadata": dict(self.metadata),
        }  # fmt: skip


class Desk:
    """One provider's files and batches."""

    def __init__(self, answer: Line) -> None:
        self._answer = answer
        self._files: dict[str, _File] = {}
        self._batches: dict[str, _Batch] = {}
        self._numbers = itertools.count(1)

    def upload(self, body: bytes, content_type: str) -> dict[str, Any]:
        """Keep a file that came as a form.

        :raises Refused: it is no form, or of no purpose
        """
        fields = _fields(body, content_type)
        name, content = fields.get("file", ("", b""))
        purpose = fields.get("purpose", ("", b""))[1].decode("utf-8", "replace")
        if purpose != "batch" or not content:
            raise Refused(400, f"'{purpose}' is no purpose of a file, or the file is empty.")
        return self._keep(name, purpose, content).told()

    def content(self, file_id: str) -> bytes:
        """
        :raises Refused: there is no such file
        """
        return self._file(file_id).content

    def remove(self, file_id: str) -> dict[str, Any]:
        """
        :raises Refused: there is no such file
        """
        del self._files[self._file(file_id).id]
        return {"id": file_id, "object": "file", "deleted": True}

    def open(self, told: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
        """Begin a batch.

        :raises Refused: it names no file, no endpoint or another window
        """
        endpoint = str(told.get("endpoint", ""))
        if endpoint not in ENDPOINTS or told.get("completion_window") != "24h":
            raise Refused(400, f"Invalid value for 'endpoint' or 'completion_window': '{endpoint}'.")
        content = self._file(str(told.get("input_file_id", ""))).content
        number = next(self._numbers)
        batch = _Batch(
            id=f"batch_{number:06d}",
            endpoint=endpoint,
            input_file_id=str(told["input_file_id"]),
            lines=[],
            metadata=told.get("metadata") or {},
        )
        batch.lines, batch.errors = _lines(content, endpoint)
        if behaviour.does == Does.FAILS:
            batch.errors.append({"code": "token_limit_exceeded", "message": "Enqueued token limit reached."})
        self._batches[batch.id] = batch
        return batch.told()

    def look(self, batch_id: str, behaviour: Behaviour) -> dict[str, Any]:
        """How a batch stands; looking at it has it go on.

        :raises Refused: there is no such batch
        """
        batch = self._batch(batch_id)
        if batch.status in ("validating", "in_progress", "finalizing"):
            self._go_on(batch, behaviour)
        return batch.told()

    def cancel(self, batch_id: str) -> dict[str, Any]:
        """
        :raises Refused: there is no such batch
        """
        batch = self._batch(batch_id)
        if batch.status in ("validating", "in_progress"):
            batch.status = "cancelled"
        return batch.told()

    def _go_on(self, batch: _Batch, behaviour: Behaviour) -> None:
        if batch.errors:
            batch.status = "failed"
        elif behaviour.does == Does.WAITS:
            batch.status = "in_progress"
        else:
            self._finish(batch, expires=behaviour.does == Does.EXPIRES)

    def _finish(self, batch: _Batch, *, expires: bool) -> None:
        done = batch.lines[: len(batch.lines) // 2] if expires else batch.lines
        answered: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for place, line in enumerate(done):
            status, body = self._answer(ENDPOINTS[batch.endpoint], line["body"])
            response = {"status_code": status, "request_id": f"req_{batch.id}_{place}", "body": body}
            (answered if status == 200 else failed).append(_told_line(line, place, response, None))
        failed += [_told_line(line, place, None, EXPIRED) for place, line in enumerate(batch.lines[len(done) :])]
        batch.failed = len(failed)
        batch.output_file_id = self._keep_lines(answered[::-1])
        batch.error_file_id = self._keep_lines(failed)
        batch.status = "expired" if expires else "completed"

    def _keep_lines(self, lines: list[dict[str, Any]]) -> str | None:
        if not lines:
            return None
        content = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
        return self._keep("output.jsonl", "batch_output", content).id

    def _keep(self, name: str, purpose: str, content: bytes) -> _File:
        kept = _File(f"file-{next(self._numbers):06d}", name, purpose, content)
        self._files[kept.id] = kept
        return kept

    def _file(self, file_id: str) -> _File:
        if file_id not in self._files:
            raise Refused(404, f"No such File object: {file_id}", "not_found")
        return self._files[file_id]

    def _batch(self, batch_id: str) -> _Batch:
        if batch_id not in self._batches:
            raise Refused(404, f"No batch found with id '{batch_id}'.", "not_found")
        return self._batches[batch_id]


def _told_line(
    line: Mapping[str, Any], place: int, response: dict[str, Any] | None, error: dict[str, str] | None
) -> dict[str, Any]:
    return {"id": f"batch_req_{place}", "custom_id": line["custom_id"], "response": response, "error": error}


def _lines(content: bytes, endpoint: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The questions of a file, or what is wrong with them."""
    lines: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, written in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        try:
            line = json.loads(written)
            is_right = line["method"] == "POST" and line["url"] == endpoint and isinstance(line["body"], dict)
        except (ValueError, KeyError, TypeError):
            is_right = False
        if not is_right or line["custom_id"] in seen or number > MOST_LINES:
            message = f"Line {number} is no request of {endpoint}, or its custom_id is not new."
            return [], [{"code": "invalid_request", "line": number, "message": message}]
        seen.add(line["custom_id"])
        lines.append(line)
    return lines, []


def _fields(body: bytes, content_type: str) -> dict[str, tuple[str, bytes]]:
    """The fields of a form with files: each one's file name and content."""
    form = email.message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    if not form.is_multipart():
        raise Refused(400, "Expected a form with files.")
    fields = {}
    for part in form.get_payload():
        name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        content = part.get_payload(decode=True)  # type: ignore[union-attr]
        fields[str(name)] = (part.get_filename() or "", content if isinstance(content, bytes) else b"")  # type: ignore[union-attr]
    return fields
