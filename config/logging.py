"""Where logs go: structlog and the standard library in one stream, JSON lines in production, readable on a terminal.

Tracebacks are plain text. Never a renderer that prints local variables: a card passes through some of them. What looks
like a card, a key or a secret, or stands under the name of one, is hidden from every line, whoever wrote it.
"""

import logging
import logging.config
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from agents.lines import NAMES
from agents.redaction import id_without_secrets, redacted, secrets_in

OTHER_NAMES = {"TRACE": "DEBUG"}  # seed 003 knows it; Python's logging does not
OURS = frozenset({"timestamp", "level", "logger", "agent_id", "status", "duration_ms"})  # no caller's words
IDS = frozenset({"path", "request_id", *NAMES.values()})
SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,  # the ids of the request, of who sent it, and of what it is about
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(options: Mapping[str, Any]) -> None:
    """Set up logging as the LOGGING setting says: `level`, and `as_json` (Django's LOGGING_CONFIG)."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        without_secrets,
                        *_rendering(options["as_json"]),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": OTHER_NAMES.get(options["level"], options["level"])},
            "loggers": {
                # Django's own handlers go: one of them mails tracebacks with local variables to ADMINS.
                "django": {"handlers": [], "level": "NOTSET"},
                "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
                # A refusal is a line of the access log and no warning of its own; failures are errors and stay.
                "django.request": {"level": "ERROR"},
            },
        }
    )


def without_secrets(logger: Any, method: str, line: EventDict) -> EventDict:
    """A structlog processor, the last before a line is rendered: no caller has to remember it."""
    ours = {name: line.pop(name) for name in OURS & line.keys()}
    secrets = secrets_in(line)
    ids = {name: id_without_secrets(str(line.pop(name)), secrets) for name in IDS & line.keys()}
    shown = redacted(line, secrets)
    return (shown if isinstance(shown, dict) else {"event": shown}) | ids | ours


def _rendering(as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback  # the default prints local variables where `rich` is installed
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
