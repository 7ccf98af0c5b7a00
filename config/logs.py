"""Logging: one line per event, JSON in production. Lines carry ids; a key that slipped in is masked on its way out."""

import logging
import re
import traceback
from logging import LogRecord
from typing import Any, TextIO

import structlog
from structlog.types import Processor

# Segmind: a key is SG_ and 16 hexadecimal characters, but older ones differ, so whatever follows SG_ is a secret here.
KEY = re.compile(r"(?<![A-Za-z])SG_[\w-]+|SG_[0-9A-Fa-f]{6,}")
MASK = "SG_(masked)"
# Whoever has one can join, or read, and Django logs the path of a request that it answered with an error.
LINK = re.compile(r"(/invitations/|(?:/|%2F)s(?:/|%2F)(?=[\w-]{20}))[\w-]+")


def mask_keys(text: str) -> str:
    """`text` with every API key in it replaced by MASK, and the secret of every link."""
    return LINK.sub(r"\1(masked)", KEY.sub(MASK, text))


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks the finished line, so that message, arguments, extra fields and traceback are all covered."""

    def format(self, record: LogRecord) -> str:
        return mask_keys(super().format(record))


class MaskingHandler(logging.StreamHandler[TextIO]):
    """Keeps the mask on where logging itself fails: its own report would print the raw message and arguments."""

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - logging's name
        self.stream.write(mask_keys(traceback.format_exc()))


def logging_config(*, json_lines: bool, level: str) -> dict[str, Any]:
    """The LOGGING setting. Also points structlog's own loggers at it."""
    structlog.configure(
        processors=[*_common_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": MaskingFormatter,
        "foreign_pre_chain": _common_processors(),
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(json_lines=json_lines)],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"()": MaskingHandler, "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django and Granian give these handlers of their own, which would write past the mask.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "_granian")},
            # Each call's address at INFO, thousands a minute while replies are polled.
            "httpx": {"level": "WARNING"},
            # Several lines for each job, and each task's registration.
            "procrastinate": {"level": "WARNING"},
        },
    }


def _common_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _renderers(*, json_lines: bool) -> list[Processor]:
    """Both leave local variables out of tracebacks: prompts, replies and keys live there."""
    if json_lines:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain, pad_event_to=0)]
