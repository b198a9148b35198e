"""A live portal as a site: one consenting person, whose answers an engineer types at the terminal."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from connectors.evidence import Recorder
from connectors.interface import Answer, Challenge, ChallengeKind, Connector
from connectors.registry import Endpoint, Tools, connect
from connectors.testing.site import FaultDoor, PortalLog, Who
from connectors.testing.verdict import NotApplicable, Target
from schema.clock import today
from schema.period import Period, last_full_month_end, trailing_months

MONTHS = 12
_FIELDS: dict[ChallengeKind, tuple[str, ...]] = {
    ChallengeKind.CREDENTIALS: ("person_id", "password"),
    ChallengeKind.SMS_CODE: ("code",),
    ChallengeKind.PICTURE: ("text",),
    ChallengeKind.SLIDER: ("x",),
    ChallengeKind.IDENTITY: ("choice",),
    ChallengeKind.APP_APPROVAL: (),
    ChallengeKind.QR: (),
    ChallengeKind.REDIRECT: ("response",),
}
_ABSENT = {
    Who.MISTAKEN: "a wrong password would count against the account; the sandbox's certificate covers it",
    Who.CLERK: "nobody without authority consented to this run; the sandbox's certificate covers it",
}


@dataclass(frozen=True)
class Terminal:
    """Where the engineer sits. ``ask`` shows a question and gives the answer, unseen where ``secret``;
    ``tell`` shows a line."""

    ask: Callable[[str, bool], str]
    tell: Callable[[str], None]


@dataclass(frozen=True)
class LiveAccount:
    """The consenting person, relayed by the engineer."""

    taxpayer_id: str
    person_id: str
    terminal: Terminal
    pictures: Path

    def answer(self, challenge: Challenge) -> Answer:
        tell, ask = self.terminal.tell, self.terminal.ask
        tell(f"The portal asks: {challenge.kind}, within {challenge.seconds} s. {challenge.hint}")
        for name, picture in (("picture", challenge.picture), ("piece", challenge.piece)):
            if picture:
                file = self.pictures / f"{name}.png"
                file.write_bytes(picture)
                tell(f"{name}: {file}")
        for option in challenge.options:
            tell(f"  {option.id}: {option.label} {option.role}")
        if challenge.url:
            tell(f"Open in a browser, sign in and agree: {challenge.url}")
        if challenge.poll_seconds:
            tell("The person acts in the tax app; the flow sees it by itself.")
            return {}
        if challenge.kind is ChallengeKind.APP_APPROVAL:
            ask("Press Enter once the person has approved in the app", False)
            return {}
        return {name: ask(name, name in ("password", "code", "response")) for name in _FIELDS[challenge.kind]}


@dataclass
class LiveSite:
    """See ``Site``. It has no door for faults and no log of the portal; what needs them is not applicable.

    Grants that the kit makes are withdrawn at its end.
    """

    endpoint: Endpoint
    tools: Tools
    taxpayer_id: str
    person_id: str
    terminal: Terminal
    empty: Period | None = None
    faults: FaultDoor | None = None
    log: PortalLog | None = None
    tidy: bool = True
    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="taxlink-live-")
    )

    def __post_init__(self) -> None:
        found = self.endpoint
        self.target = Target(found.region, found.route.value, found.overlay.family)
        self.challenges = frozenset(found.overlay.challenges)
        self.period = trailing_months(last_full_month_end(today()), MONTHS)

    def connector(self, recorder: Recorder) -> Connector:
        return connect(self.endpoint, replace(self.tools, recorder=recorder))

    def account(self, who: Who) -> LiveAccount:
        if who in _ABSENT:
            raise NotApplicable(_ABSENT[who])
        return LiveAccount(self.taxpayer_id, self.person_id, self.terminal, Path(self._folder.name))
