"""What a sealed record is called.

A reference is not secret: it may travel through queues, logs and tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from schema.errors import SealBroken

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class KeyClass(StrEnum):
    """The three lives a sealed record can have.

    Each has its own key, so that one is destroyed without the others.
    """

    CREDENTIAL = "credential"
    """Passwords, answers, sessions, grants: destroyed on withdrawal, or when a one-time consent is done."""
    DATA = "data"
    """Payloads and snapshots: destroyed at the end of the data life."""
    EVIDENCE = "evidence"
    """Consent, receipts, the log: survives a withdrawal for the statutory term."""


@dataclass(frozen=True)
class Reference:
    """``vault:<class>/<owner>/<kind>/<id>/<revision>``, exactly one revision of one record.

    ``owner`` is the consent (or authorization) whose keys seal it. Names are ASCII letters, digits, ``.``,
    ``_`` and ``-``; anything else raises ``ValueError``, since a name is chosen by the program and never by a
    person.
    """

    key_class: KeyClass
    owner: str
    kind: str
    id: str
    revision: int

    def __post_init__(self) -> None:
        for name in (self.owner, self.kind, self.id):
            if not _NAME.fullmatch(name):
                raise ValueError("a vault name is 1 to 128 ASCII letters, digits, '.', '_' or '-'")

    def __str__(self) -> str:
        return f"vault:{self.key_class}/{self.owner}/{self.kind}/{self.id}/{self.revision}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference back. Raises ``SealBroken`` when it is none."""
        try:
            scheme, _, path = text.partition(":")
            if scheme != "vault":
                raise ValueError
            key_class, owner, kind, id_, revision = path.split("/")
            return cls(KeyClass(key_class), owner, kind, id_, int(revision))
        except ValueError:
            raise SealBroken("not a vault reference") from None
