"""What DNS says in a test: names of ours are answered by turns, all others as ever."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

PUBLIC, ELSEWHERE_PUBLIC = "93.184.215.14", "2606:4700::1111"


class Resolver:
    """Answers for each name its list of answers by turns, the last one again and again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, list[Sequence[str]]] = {}
        ask = socket.getaddrinfo

        def answer(host: Any, port: Any, *args: Any, **how: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name not in self._answers:
                return ask(host, port, *args, **how)
            self.asked.append(name)
            turns = self._answers[name]
            told = turns.pop(0) if len(turns) > 1 else turns[0]
            families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in told]
            return [
                (family, socket.SOCK_STREAM, 6, "", (address, port))
                for family, address in zip(families, told, strict=True)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    def says(self, name: str, *turns: Sequence[str]) -> None:
        """Answer ``turns`` for ``name``, one after the other."""
        self._answers[name] = list(turns)
