"""One default-deny redactor for everything that leaves the suite: log events, error texts, pages of the
console, evidence, pictures.

What is not known to be harmless becomes ``[redacted]``:

* of a log event, only the keys of ``ALLOWED`` pass, and of their values only numbers and short code-like
  text (``redacted``; ``vault.logs`` puts every logger behind it);
* of an exception, its class, its code and where it was raised, never its text (``described``);
* of an error's detail, plain words, small numbers and counts (``said``);
* of an address, the host and the parts of the path that are words (``place``);
* of a page that is pictured, its labels (the constants at the end, which ``connectors.rpa.picture`` applies).

Company ids, person ids, phones and accounts are masked wherever they look like one (``masked``), numbers and
names that are known to be a person's whatever they look like (``masked_number``, ``masked_name``).

What it cannot do: tell a secret made of plain lower-case words from words. That no secret gets into a detail
in the first place is what ``tests/pipeline/test_secrets.py`` plants canaries for.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from schema.errors import TaxlinkError

REDACTED = "[redacted]"

ALLOWED = frozenset(
    (
        "action", "actor", "after", "api_key_id", "at", "attempt", "attempt_id", "attempts", "authorization",
        "authorization_id", "before", "bytes", "cause", "causes", "challenge", "challenge_id", "client_id",
        "code", "collection", "collection_id", "connector", "consent", "consent_id", "count", "dataset",
        "datasets", "delay", "delivery_id", "duration", "elapsed", "error", "event", "event_id", "exception",
        "expires_at", "family", "fetched_at", "finding", "format", "from_state", "grade", "id", "invoices",
        "job", "key_class", "kind", "level", "limit", "lines", "logger", "method", "missing", "model", "ms",
        "outcome", "owner", "page", "pages", "parser", "path_template", "pending", "period", "pid", "place",
        "policy", "policy_version", "port", "purpose", "queue", "rate", "reason", "ref", "reference",
        "region", "request_id", "retry_at", "revision", "route", "rows", "run_id", "score", "seconds", "seq",
        "sequence", "session_id", "size", "snapshot", "snapshot_id", "source_format", "state", "states",
        "status", "step", "steps", "subject", "taxpayer_id", "tenant", "thread", "timestamp", "to_state",
        "total", "tries", "version", "webhook_id", "worker", "workflow_id",
    )
)  # fmt: skip
"""Ids, codes, counts, durations and places.

A key that could ever carry what a person typed or a portal sent is not one.
"""

_TOKEN = re.compile(r"[A-Za-z0-9_.:/@+-]*")
_KEY = re.compile(r"[a-z][a-z_]{0,31}")
_ID = r"(?:[a-z]{1,16}:)?[a-z]{2,12}_[0-9a-f]{1,40}(?:\.[a-z0-9]{1,12}){0,3}"
_CODED = re.compile(
    rf"{_ID}"
    rf"|vault:[a-z]+/(?:{_ID}|[a-z-]+)/[a-z._]+/[0-9a-f-]{{1,40}}/\d{{1,9}}"
    r"|\d{4}-\d{2}(?:-\d{2})?(?:\.\.\d{4}-\d{2}(?:-\d{2})?|T[0-9:.]{5,15}(?:Z|[+-]\d{2}:\d{2})?)?"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?"
)
"""Ids and vault references as the suite makes them, days, periods and instants, addresses."""
_SENSITIVE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}"  # 统一社会信用代码, company id
    r"|\d{17}[0-9X]"  # 公民身份号码, person id
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # 手机号码, phone
    r"|\d{12,21}|\d{4}(?:[ -]\d{4}){2,4}(?:[ -]?\d{1,3})?"  # 银行账号, bank account
    r")(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_SHAPES = {
    "event": re.compile(r"[a-z][a-z_. -]{0,79}"),
    "code": re.compile(r"[a-z][a-z_]{0,63}"),
    "route": re.compile(r"api|rpa|other|(?:/(?:[a-z][a-z-]{0,24}|v1|\{[a-z_]{1,24}\}))+"),
    "region": re.compile(r"\d{2}(?:\d{2})?"),
    "place": re.compile(r"\d{2}(?:\d{2})?[.:/](?:api|rpa)"),
    "request_id": re.compile(r"[0-9a-f]{32}"),
    "at": re.compile(r"[a-zA-Z_]{1,40}\.py:\d{1,6}"),
}
"""Keys of which a value must look just so: a ``code`` is a cause, never the digits sent to a phone."""

LARGEST_NUMBER = 10**10
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
        return value if abs(value) < LARGEST_NUMBER else REDACTED
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str):
        return _safe_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [safe_value(item) for item in value]
    if isinstance(value, Mapping):
        return redacted(value)
    return REDACTED


def _safe_text(text: str) -> str:
    if _SENSITIVE.fullmatch(text):
        return masked(text)
    plain = len(text) <= _LONGEST_WORD and _TOKEN.fullmatch(text) and _told_plainly(text, "")
    return text if plain or _CODED.fullmatch(text) else REDACTED


def redacted(event: Mapping[str, Any]) -> dict[str, object]:
    """A copy of which only the allowed keys keep a value."""
    return {key if _KEY.fullmatch(key) else REDACTED: _safe_field(key, value) for key, value in event.items()}


def _safe_field(key: str, value: object) -> object:
    if key not in ALLOWED:
        return REDACTED
    if shape := _SHAPES.get(key):
        if isinstance(value, list):
            return [_safe_field(key, item) for item in value]
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


def _mask(match: re.Match[str]) -> str:
    found = match.group()
    return f"{found[:4]}{'*' * (len(found) - 6)}{found[-2:]}"


# --- the words of an error's detail ---

_RUN = re.compile(r"[^\W_]+")
_PLAIN = re.compile(
    r"[A-Za-z]?[a-z]{0,23}(?:[A-Z][a-z]{1,15}){0,4}|[A-Z]{1,16}|\d{1,3}|v\d|(?:sm[234]|sha256|utf8|base64)"
)
"""Words as people and programs write them. Ids, tokens and passwords mix digits, letters and capitals;
Chinese could be a name."""
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_PORT = re.compile(r"^([a-z0-9-]+(?:\.[a-z0-9-]+)+):\d{2,5}(?=/|$)")
"""Behind a host that has a dot in it."""
_COUNT = re.compile(r"\d{4,9}")
_COUNTED = frozenset(
    ("bytes", "characters", "entries", "files", "pages", "records", "returns", "rows", "seconds")
)
_LONGEST_SAID, _LONGEST_WORD = 400, 80


def said(text: str) -> str:
    """What may be told of an error's detail, at most 400 characters: a chunk between blanks passes when all
    of it is plain words and small numbers, a date, or a count of something."""
    chunks = text[:_LONGEST_SAID].split(" ")
    following = [*chunks[1:], ""]
    return " ".join(
        each if _told_plainly(each, after) else REDACTED
        for each, after in zip(chunks, following, strict=True)
    )


def _told_plainly(chunk: str, after: str) -> bool:
    bare = chunk.strip(".,;:()")
    chunk = _PORT.sub(r"\1", bare)
    if _DATE.fullmatch(bare):
        return True
    if _COUNT.fullmatch(bare) and after.strip(".,;:()") in _COUNTED:
        return True
    return all(_PLAIN.fullmatch(run) for run in _RUN.findall(chunk))


# --- addresses ---

MASK = "*"
"""In the place of a part of an address that may not be told."""
_WORD = re.compile(r"\.?(?:v\d|[A-Za-z]?[a-z]*(?:[A-Z][a-z]+){0,3})(?:[-_.][a-z]+){0,3}")
"""A part of a path as people name things. Ids, digests and tokens have digits or capitals in a row."""
_WORD_LENGTH, _HOST_LENGTH = 32, 80
_LABEL = r"(?:[a-z]+(?:-[a-z]+)*\d{0,2}|\d{1,3})"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,7}}")


def place(url: str) -> tuple[str, str]:
    """Host and path of an address, as they may be told: without user, query and fragment, and with ``*`` for
    every part of the path that is not plainly a word."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return MASK, MASK
    if len(host) > _HOST_LENGTH or not _HOST.fullmatch(host):
        host = MASK
    return host + (f":{port}" if port else ""), "/".join(map(_told, parts.path.split("/")))


def _told(segment: str) -> str:
    return segment if len(segment) <= _WORD_LENGTH and _WORD.fullmatch(segment) else MASK


# --- pages that are pictured (CSS selectors and JavaScript patterns) ---

LABELS = "h1, h2, h3, th, dt, legend, button"
"""Elements whose own text is the portal's, not the taxpayer's."""
TYPED = (
    "input[type=password i], input:not([type=hidden i], [type=checkbox i], [type=radio i], [type=submit i], "
    "[type=button i], [type=reset i], [type=date i], [type=month i], [disabled], [readonly]), textarea, "
    "[contenteditable]:not([contenteditable=false i]), "
    "[id*=captcha i], [class*=captcha i], [id*=qr i], [class*=qr i]"
)
"""Where a password, a code or a captcha could stand: anywhere one can type, and by name."""
DIGITS = r"(?:\d[\s-]?){6,}"
"""Six digits in a row, however they are set."""
PERSONAL = "公司|商行|经营部|工作室|事务所|合作社|您好|你好|欢迎|先生|女士"
"""What stands in a company's name, or greets somebody."""
