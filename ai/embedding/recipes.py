"""How a text becomes a vector, as a value: two vectors are comparable where their recipes are one."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Who makes vectors of what length and precision, from which edition of the text.

    :ivar text_version: raised when the text of the same lead is put together in another way
    """

    name: str
    provider: str
    model: str
    dimensions: int
    precision: str
    text_version: int

    @property
    def stamp(self) -> str:
        """What is written beside each vector, as ``minilm-l6-v2/float32/1``."""
        return f"{self.name}/{self.precision}/{self.text_version}"


LOCAL: Final = Recipe(
    name="minilm-l6-v2",
    provider="local",
    model="all-MiniLM-L6-v2",
    dimensions=384,
    precision="float32",
    text_version=1,
)
"""Made in this process, without a key or a network."""
