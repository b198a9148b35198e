"""Logging through the redactor: structlog, every library's logger, warnings, uncaught exceptions.

Of a third-party log record, only a message that stands literally in the library's source passes, with its
numbers.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
import types
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, TextIO, cast

import structlog

from vault.redaction import LARGEST_NUMBER, REDACTED, described, redacted


def redact_event(_: object, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The structlog processor. ``exc_info`` becomes ``described``."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    clean = redacted(event)
    if isinstance(error, BaseException):
        clean["error"] = described(error)
    return clean


class RedactedFormatter(logging.Formatter):
    """Renders a scrubbed standard-library record as our own events look."""

    def __init__(self, renderer: structlog.typing.Processor) -> None:
        super().__init__()
        self._renderer = renderer

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "at": f"{PurePath(record.pathname).name}:{record.lineno}",
            "timestamp": datetime.fromtimestamp(record.created)
            .astimezone()
            .isoformat(timespec="milliseconds"),
        }
        if error := getattr(record, "described", None):
            event["error"] = error
        return str(self._renderer(None, record.levelname.lower(), event))


class _StandardError(io.TextIOBase):
    """Standard error as it is when a line is written, not as it was when logging was set up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logging(json: bool, level: int = logging.INFO) -> None:
    """Send structlog and every standard-library logger to standard error, redacted. Idempotent.

    Records are scrubbed where they are made, so a handler that a library brings along sees no more than ours
    does; uncaught exceptions are described, not printed.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            redact_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if not isinstance(one.formatter, RedactedFormatter)]
    handler = logging.StreamHandler(_StandardError())
    handler.setFormatter(RedactedFormatter(renderer))
    root.addHandler(handler)
    root.setLevel(level)
    for known in logging.root.manager.loggerDict.values():
        if isinstance(known, logging.Logger):  # a library that set up a way out of its own takes ours
            known.handlers.clear()
            known.propagate = True
    logging.raiseExceptions = False  # a handler that fails would print the exception under way, text and all
    logging.setLogRecordFactory(_scrubbed_record)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _scrubbed_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    error = record.exc_info[1] if record.exc_info else None
    record.exc_info = record.exc_text = record.stack_info = None
    if error is not None:
        record.described = described(error)
    if isinstance(record.msg, str) and _is_literal(record.msg, record.pathname):
        arguments = record.args
        record.args = (
            {name: _safe_argument(value) for name, value in arguments.items()}
            if isinstance(arguments, Mapping)
            else tuple(_safe_argument(value) for value in arguments or ())
        )
        try:
            record.getMessage()
            return record
        except (TypeError, ValueError, KeyError):
            pass
    record.msg, record.args = REDACTED, ()
    return record


def _is_literal(message: str, pathname: str) -> bool:
    """Whether the message stands as it is in the code that logs it: then no value was worked into it."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != pathname:
        frame = frame.f_back
    return frame is not None and message in frame.f_code.co_consts


def _safe_argument(value: object) -> object:
    return value if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER else REDACTED


def _uncaught(_: type[BaseException], error: BaseException, __: types.TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger().critical("uncaught_exception", exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        structlog.get_logger().critical("uncaught_exception", exc_info=args.exc_value)
