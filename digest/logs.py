"""Structured logs: one line an event, key=value or JSON. I/O: standard error.

Addresses and secrets are never given to it; see cli for what people read.
"""

import logging
import sys
from typing import Any

import structlog

Logger = Any  # structlog's own type is a union too wide to be of use


def open_log(*, is_json: bool = False) -> Logger:
    """The log of a long-running process: ISO time in UTC, level, event, keys in order given."""
    renderer = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"))
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    return structlog.get_logger()
