"""Structured logging: one line per event, and personal values never reach it.

Every event is a lower-case name with typed facts (``log.info("claim.held", lead=…)``). Facts whose name says
that they are personal or secret are replaced before rendering, whoever logged them.
"""

import logging
import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

FORBIDDEN_FACTS = frozenset(
    {"address", "authorization", "body", "contact", "cookie", "description", "email", "external_id", "key"}
    | {"name", "owner", "password", "phone", "raw", "secret", "text", "title", "token", "url"}
)
# Bounded, because a client chooses some of what is logged: a long host name must not cost minutes.
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]+")
_PHONE = re.compile(r"(?<![\w-])\+?1?[ .(-]{0,3}\d{3}[ .)-]{0,3}\d{3}[ .-]?\d{4}(?![\w-])")
_QUOTED_BY_POSTGRESQL = re.compile(
    r"^(DETAIL|CONTEXT|LINE \d+): .*?(?=\n\n(?:The above exception|During handling)|\Z)", re.DOTALL | re.MULTILINE
)


def hide_personal_facts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank facts that are forbidden by name, and e-mails, phones and quoted rows inside any other text."""
    for fact, value in event.items():
        if fact in FORBIDDEN_FACTS:
            event[fact] = "[hidden]"
        elif isinstance(value, str) and fact != "timestamp":
            event[fact] = _without_personal_values(value)
    return event


def _without_personal_values(text: str) -> str:
    """PostgreSQL's errors quote the row that they refuse, whatever it holds."""
    text = _QUOTED_BY_POSTGRESQL.sub(r"\1: [hidden]", text)
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", text))


def configure(*, log_format: str, level: str) -> None:
    """Send the standard library's and structlog's records through one chain, as JSON or for a console."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_personal_facts,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django.request": {"level": "ERROR"},
                "scrapy": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "stripe": {"level": "WARNING"},
            },
        }
    )
