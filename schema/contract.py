"""How a payload differs from its contract, a place at a time: names of lists and fields, never a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_PATH, LONGEST_DETAIL = 160, 160
_VALUE = re.compile(r"\w*\d{7,}\w*")
"""A name with that many digits in a row is a company, a person or an account that serves as a key."""


class ChangeKind(StrEnum):
    """What became of a place in a payload. Only a new one lets the dataset be read."""

    NEW = "new"
    MISSING = "missing"
    RETYPED = "retyped"
    FORM = "form"
    """Anything else: another envelope, an unknown code, a page that is not the one asked for."""


@dataclass(frozen=True)
class Change:
    """``path`` is the list and the field, empty when it is the whole; ``detail`` says more, in types and
    counts. Both are cut to the lengths above, and what looks like an id in them becomes ``#``."""

    kind: ChangeKind
    path: str
    detail: str = ""

    @property
    def words(self) -> str:
        """``field `invoice.fplx` is gone``."""
        match self.kind:
            case ChangeKind.NEW:
                return f"new field `{self.path}`"
            case ChangeKind.MISSING:
                return f"field `{self.path}` is gone"
            case ChangeKind.RETYPED:
                return f"field `{self.path}` {self.detail}"
            case ChangeKind.FORM:
                return self.detail

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", _VALUE.sub("#", self.path)[:LONGEST_PATH])
        object.__setattr__(self, "detail", _VALUE.sub("#", self.detail)[:LONGEST_DETAIL])
