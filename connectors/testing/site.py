"""What a promise needs from the world: connectors, people with accounts, and, where there is one, a door for
faults and the portal's own log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.evidence import Recorder
from connectors.interface import Answer, Challenge, ChallengeKind, Connector
from connectors.testing.verdict import Target
from schema.dataset import Dataset
from schema.period import Period
from schema.raw import RawPage


class Who(StrEnum):
    """Whose account a promise asks for."""

    PERMITTED = "permitted"
    """Somebody who may authorize a bank for a company with data."""
    NEWCOMER = "newcomer"
    """As above, of a company that nobody has authorized a bank for yet, where there is such a one."""
    MISTAKEN = "mistaken"
    """As above, but with a wrong password."""
    CLERK = "clerk"
    """Somebody who acts for the company and may not authorize a bank (办税人)."""


class Fault(StrEnum):
    """What a portal can be struck with."""

    SESSION_LOST = "session_lost"
    MAINTENANCE = "maintenance"
    THROTTLED = "throttled"
    LAYOUT_CHANGED = "layout_changed"
    WRONG_COMPANY = "wrong_company"


class Account(Protocol):
    """A consenting person who acts for a company."""

    @property
    def taxpayer_id(self) -> str: ...
    @property
    def person_id(self) -> str: ...

    def answer(self, challenge: Challenge) -> Answer:
        """What this person would type, drag, choose or approve."""


class FaultDoor(Protocol):
    """Faults on demand at this portal."""

    def strike(self, fault: Fault, *, seconds: float = 1) -> None:
        """Until cleared. ``seconds`` is what the portal asks to wait."""

    def clear(self) -> None: ...


class PortalLog(Protocol):
    """What the portal itself saw."""

    def count(self, event: str, account: Account) -> int:
        """How often: ``sign_in_rejected`` of the person, ``grant_made`` and ``page_served`` of the
        company."""


class Site(Protocol):
    """One route into one region, with people who consent. ``faults`` and ``log`` are None where the world
    offers none; ``empty`` is a period without any data, within what is authorized, None when nobody knows
    one. ``challenges`` are the kinds that the overlay declares. ``tidy`` says whether grants made here must
    be withdrawn at the end."""

    target: Target
    challenges: frozenset[ChallengeKind]
    period: Period
    empty: Period | None
    faults: FaultDoor | None
    log: PortalLog | None
    tidy: bool

    def connector(self, recorder: Recorder) -> Connector:
        """A new connector, as another process would have it. ``recorder`` gets its evidence."""

    def account(self, who: Who) -> Account:
        """Raises ``NotApplicable`` where there is no such person."""


@dataclass(frozen=True)
class Reading:
    """What a dataset's pages hold: rows of its main table, and the companies that they name as their own."""

    rows: int
    companies: frozenset[str]


Reader = Callable[[Dataset, Sequence[RawPage]], Reading]
"""Pages into rows, as the house reads them: contract and counts checked. Raises the causes of
``schema.errors``."""
