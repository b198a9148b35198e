"""The fingerprint of an answer to nobody in particular: its status, and names and types of what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from connectors.drift.fingerprint import Traits, steady_name
from connectors.http import HttpAnswer
from connectors.interface import Sighting
from schema.errors import Action, SignatureInvalid, TaxlinkError

_TYPES = {str: "text", bool: "truth", int: "number", float: "number", type(None): "nothing"}
MOST_FIELDS = 500


def sighted(got: HttpAnswer, read: Callable[[], object]) -> Sighting:
    """An answer as a sighting. ``read`` is the family's own reading of it: the JSON bytes of a message that
    it opened are described too, and where it does not know the answer any more its cause becomes the fault.

    Raises its causes that say nothing of the answer's form: a portal that is down, closed, or busy.
    """
    fault: TaxlinkError | None = None
    opened: object = None
    try:
        opened = read()
    except TaxlinkError as error:
        if error.action is not Action.FALL_BACK and not isinstance(error, SignatureInvalid):
            raise
        fault = error
    fingerprint = {"answer": {"": head(got)}, "field": fields(got.body)}
    if isinstance(opened, bytes):
        fingerprint["opened field"] = fields(opened)
    return Sighting(fingerprint, fault=fault)


def head(got: HttpAnswer) -> Traits:
    """Status and kind of content."""
    return {"status": str(got.status), "type": got.headers.get("Content-Type", "").partition(";")[0].lower()}


def fields(content: bytes) -> dict[str, Traits]:
    """The fields of a JSON answer, or of the JSON in its string, by their path, each with its type; none for
    what is no JSON."""
    try:
        found = orjson.loads(content)
        found = orjson.loads(found) if isinstance(found, str) else found  # as foresee has it
    except orjson.JSONDecodeError:
        return {}
    named: dict[str, Traits] = {}
    for path, kind in _paths(found, ""):
        if len(named) < MOST_FIELDS:
            named.setdefault(path, {"type": kind})
    return named


def _paths(found: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for name, value in found.items():
            yield from _paths(value, f"{path}.{steady_name(str(name))}".lstrip("."))
    elif isinstance(found, list):
        yield path or "list", "list"
        for value in found:
            yield from _paths(value, f"{path}[]")
    elif path:
        yield path, _TYPES.get(type(found), type(found).__name__)
