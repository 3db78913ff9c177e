"""Batches over the wire: files of requests handed to a provider, and files of answers fetched from it."""

from collections.abc import Sequence

from ai.clients import client
from ai.providers import Endpoint
from ai.wire import within


async def send_batch(endpoint: Endpoint, lines: bytes, *, job: str, seconds: float) -> tuple[str, str]:
    """Hand a file of requests to a provider; return what it calls the file and the batch.

    :param lines: a request of chat completions for each line, as JSON
    :param job: told with the batch, to be told back
    :raises Failed: it did not take it
    """

    async def send() -> tuple[str, str]:
        provider = client(endpoint)
        kept = await provider.files.create(file=("questions.jsonl", lines), purpose="batch")
        opened = await provider.batches.create(
            input_file_id=kept.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"job": job},
        )
        return kept.id, opened.id

    return await within(seconds, send())


async def batch_state(endpoint: Endpoint, batch_id: str, *, seconds: float) -> tuple[str, tuple[str, ...]]:
    """How a batch stands, in the provider's word, and the files of its answers and errors.

    :raises Failed: it did not tell
    """

    async def look() -> tuple[str, tuple[str, ...]]:
        batch = await client(endpoint).batches.retrieve(batch_id)
        return batch.status, tuple(filter(None, (batch.output_file_id, batch.error_file_id)))

    return await within(seconds, look())


async def file_lines(endpoint: Endpoint, file_id: str, *, seconds: float) -> list[str]:
    """The lines of a file that a provider keeps.

    :raises Failed: it did not come, or not whole
    """

    async def fetch() -> list[str]:
        content = await client(endpoint).files.content(file_id)
        return [line for line in content.text.split("\n") if line.strip()]

    return await within(seconds, fetch())


async def remove_files(endpoint: Endpoint, file_ids: Sequence[str], *, seconds: float) -> None:
    """Have a provider forget files.

    :raises Failed: it did not
    """

    async def remove() -> None:
        for file_id in file_ids:
            await client(endpoint).files.delete(file_id)

    await within(seconds, remove())
