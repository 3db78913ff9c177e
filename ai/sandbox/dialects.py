"""How the providers differ at the wire, as far as whoever calls them can be hurt by it.

``ai/providers.toml`` is what we believe about them; this is what the stand-in does, so that a wrong belief fails.
Sources, read in November 2026: platform.openai.com/docs/api-reference, api-docs.deepseek.com/guides/json_mode,
docs.mistral.ai/api, help.aliyun.com (Model Studio, OpenAI compatible), docs.anthropic.com/en/api/openai-sdk.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One provider's manners.

    :ivar models: what it serves; () takes every name, as a server of one's own does
    :ivar formats: which ``response_format`` it takes; another is refused
    :ivar heeds_format: whether it does anything about one that it takes
    :ivar is_strict: whether a schema must close every object and require every property
    :ivar longest: the name of the limit on an answer; under another it is refused
    :ivar tells_usage_unasked: in streams; whoever asks for it is refused
    :ivar tool_ids: what the id of a call looks like that is told back to it
    :ivar blank: what stands for an answer without words
    """

    models: tuple[str, ...] = ()
    formats: frozenset[str] = frozenset({"text", "json_object", "json_schema"})
    heeds_format: bool = True
    is_strict: bool = False
    wants_the_word_json: bool = False
    longest: str = "max_tokens"
    tells_usage_unasked: bool = False
    tool_ids: str = r".+"
    has_embeddings: bool = True
    has_batches: bool = False
    blank: str = ""


_OPENAI_MODELS: Final = (
    "gpt-6-luna",
    "gpt-6-sol",
    "gpt-4o",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "text-embedding-3-small",
    "text-embedding-3-large",
)
DIALECTS: Final[dict[str, Dialect]] = {
    "openai": Dialect(
        models=_OPENAI_MODELS,
        is_strict=True,
        wants_the_word_json=True,
        longest="max_completion_tokens",
        has_batches=True,
    ),
    "deepseek": Dialect(
        models=("deepseek-flash", "deepseek-v4-flash", "deepseek-v4-pro"),
        formats=frozenset({"text", "json_object"}),
        wants_the_word_json=True,
        has_embeddings=False,
        blank=" " * 16,
    ),
    "mistral": Dialect(
        models=("mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "mistral-embed"),
        tells_usage_unasked=True,
        tool_ids=r"[a-zA-Z0-9]{9}",
    ),
    "qwen": Dialect(
        models=(
            "qwen3.7-plus",
            "qwen3.7-flash",
            "qwen3-max",
            "qwen-max",
            "qwen-plus",
            "qwen-flash",
            "qwen-turbo",
            "text-embedding-v4",
        ),
        wants_the_word_json=True,
        has_batches=True,
    ),
    "anthropic": Dialect(
        models=("claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        heeds_format=False,
        has_embeddings=False,
    ),
    "compatible": Dialect(),
}
