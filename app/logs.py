"""Structured logs on stderr: lines for people at a terminal, JSON for machines elsewhere.

ERROR means that someone must act.  The libraries' own loggers speak through the same door.
"""

from __future__ import annotations

import logging
import os
import sys

import structlog
from structlog.types import Processor

from app.errors import WrongUse

#: json or text; left out, it depends on whether somebody watches.
FORMAT = "VIGIE_LOG_FORMAT"
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Set up the logs of this process; once, at its start."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_written()],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    # Warns at every tick that a turn outlasts; a long backlog is no fault.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _written() -> list[Processor]:
    """As ``VIGIE_LOG_FORMAT`` says, else as fits whoever reads.  Raises WrongUse."""
    asked = os.environ.get(FORMAT, "")
    if asked not in ("", "json", "text"):
        raise WrongUse(f"{FORMAT} is «{asked}»: set it to json or text, or leave it out")
    if asked == "text" and not sys.stderr.isatty():
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    if asked != "json" and sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
