"""One default-deny redactor for everything that leaves the suite in words: log events, third-party logs,
error texts.

What is not known to be harmless becomes ``[redacted]``:

* of a log event, only the keys of ``ALLOWED`` pass, and of their values only numbers and short code-like
  text;
* of a third-party log record, only a message that stands literally in the library's source, with its numbers;
* of an exception, its class, its code and where it was raised, never its text.

Company ids, person ids, phones and accounts are masked wherever they look like one.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
import traceback
import types
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, TextIO, cast

import structlog

from schema.errors import TaxlinkError

REDACTED = "[redacted]"

ALLOWED = frozenset(
    (
        "action", "actor", "api_key_id", "at", "attempt", "attempt_id", "attempts",
        "authorization", "authorization_id", "bytes", "causes", "challenge", "challenge_id", "client_id",
        "code", "collection", "collection_id", "connector", "consent", "consent_id", "count",
        "dataset", "datasets", "delay", "delivery_id", "duration", "elapsed", "error",
        "event", "event_id", "expires_at", "family", "fetched_at", "finding",
        "format", "from_state", "grade", "id", "invoices", "job", "key_class",
        "kind", "level", "limit", "lines", "logger", "method", "missing",
        "model", "ms", "owner", "page", "pages", "parser", "path_template",
        "pending", "period", "pid", "policy", "policy_version", "port", "purpose",
        "queue", "rate", "reason", "ref", "reference", "region", "retry_at",
        "revision", "route", "rows", "run_id", "score", "seconds", "seq",
        "sequence", "session_id", "size", "snapshot", "snapshot_id", "source_format", "state",
        "states", "status", "step", "steps", "subject", "taxpayer_id", "tenant",
        "thread", "timestamp", "to_state", "total", "tries", "version", "webhook_id",
        "worker", "workflow_id",
    )
)  # fmt: skip
"""Ids, codes, counts, durations and places.

A key that could ever carry what a person typed or a portal sent is not one.
"""

_TOKEN = re.compile(r"[A-Za-z0-9_.:/@+-]{1,128}")
_CAUSE_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_EVENT = re.compile(r"[a-z][a-z0-9_. -]{0,79}")
_SENSITIVE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}"  # 统一社会信用代码, company id
    r"|\d{17}[0-9X]"  # 公民身份号码, person id
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # 手机号码, phone
    r"|\d{12,21}|\d{4}(?:[ -]\d{4}){2,4}(?:[ -]?\d{1,3})?"  # 银行账号, bank account
    r")(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_SHAPES = {"event": _EVENT, "code": _CAUSE_CODE}
"""Keys of which a value must look just so: a ``code`` is a cause, never the digits sent to a phone."""

_LARGEST_NUMBER = 10**10
"""Phones, person ids and accounts have eleven digits and more."""


def masked(text: str) -> str:
    """``text`` with each company id, person id, phone and account cut to its first and last characters."""
    return _SENSITIVE.sub(_mask, text)


def masked_name(name: str) -> str:
    """A person's name with its first character alone."""
    return name[:1] + "*" * (len(name) - 1)


def masked_number(number: str) -> str:
    """Any number of a person, whatever it looks like: the first three and the last two characters, of a
    short one nothing."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}" if len(number) > 7 else "*" * len(number)


def safe_value(value: object) -> object:
    """What may be said of one value: numbers, dates, codes; masked where it looks like a person's number."""
    if isinstance(value, Enum):
        return safe_value(value.value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < _LARGEST_NUMBER else REDACTED
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str):
        return masked(value) if _TOKEN.fullmatch(value) else REDACTED
    if isinstance(value, list | tuple | set | frozenset):
        return [safe_value(item) for item in value]
    if isinstance(value, Mapping):
        return redacted(value)
    return REDACTED


def redacted(event: Mapping[str, Any]) -> dict[str, object]:
    """A copy of which only the allowed keys keep a value."""
    return {
        key if _TOKEN.fullmatch(key) else REDACTED: _safe_field(key, value) for key, value in event.items()
    }


def _safe_field(key: str, value: object) -> object:
    if key not in ALLOWED:
        return REDACTED
    if shape := _SHAPES.get(key):
        return value if isinstance(value, str) and shape.fullmatch(value) else REDACTED
    return safe_value(value)


def described(error: BaseException) -> dict[str, object]:
    """An exception without its text: class, code, where it was raised, and the classes that caused it."""
    cause = error.__cause__ or error.__context__
    causes: list[str] = []
    while cause is not None and len(causes) < 5:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return {
        "exception": type(error).__name__,
        "code": error.code if isinstance(error, TaxlinkError) else "internal",
        "at": [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames],
        "causes": causes,
    }


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
    return value if isinstance(value, int | float) and abs(value) < _LARGEST_NUMBER else REDACTED


def _mask(match: re.Match[str]) -> str:
    found = match.group()
    return f"{found[:4]}{'*' * (len(found) - 6)}{found[-2:]}"


def _uncaught(_: type[BaseException], error: BaseException, __: types.TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger().critical("uncaught_exception", exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        structlog.get_logger().critical("uncaught_exception", exc_info=args.exc_value)
