"""The stand-in for every provider of models: it speaks their HTTP protocol over loopback and knows no model.

One process stands for several providers at once, each under its own path (``/openai/v1``, ``/deepseek/v1`` …) and
with its own manners (``dialects``): what one takes, another refuses with the words that it refuses it with. Answers
are made by rule from the prompt's own text and the schema that was asked for, so the same question gets the same
answer. The control plane (``control``) has it fail in each way that was ever met, and it keeps what it was sent.

It is for demos and tests; nothing here is asked when a real provider's address is configured.
"""

from ai.sandbox.app import ModelSandbox
from ai.sandbox.control import Behaviour, Does

__all__ = ["Behaviour", "Does", "ModelSandbox"]
