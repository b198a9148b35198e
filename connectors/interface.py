"""The connector interface: what a route into a region promises, and the words it speaks.

A connector is synchronous. A browser family runs its pages on the worker's one browser thread and blocks
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from connectors.drift.fingerprint import Fingerprint
from schema.dataset import Dataset, Route
from schema.errors import TaxlinkError
from schema.period import Period
from schema.raw import RawPage


class ChallengeKind(StrEnum):
    """Something only a person can do."""

    CREDENTIALS = "credentials"
    """Person id and password of the tax portal. Answer fields: ``person_id``, ``password``."""
    SMS_CODE = "sms_code"
    """A code the portal sent to the person's phone. Answer field: ``code``."""
    PICTURE = "picture"
    """Characters in a picture. Answer field: ``text``."""
    SLIDER = "slider"
    """A piece to drag into its gap. Answer field: ``x``, in pixels of the shown picture, from its left
    edge."""
    IDENTITY = "identity"
    """A choice among companies and roles. Answer field: ``choice``, the id of an option."""
    APP_APPROVAL = "app_approval"
    """Approval in the portal's own app, asked for by the portal. No answer fields: the empty answer says that
    the person has approved; ``retry`` then means that the portal still waits. One that is watched takes no
    answer. ``hint`` is the code to compare with the app's."""
    QR = "qr"
    """A code, ``picture``, to scan with the portal's own app and to confirm there. Always watched. ``hint``
    is a ``Scan``."""
    REDIRECT = "redirect"
    """A page of the portal, ``url``, that the person opens, signs in to, and is led back from. Answer field:
    ``response``, the query that the portal led back with."""


class Scan(StrEnum):
    """How far a QR challenge is: where it is confirmed, the flow goes on."""

    WAITING = "waiting"
    SCANNED = "scanned"
    """The person has to confirm in the app."""


class Resume(StrEnum):
    """How a challenge goes on."""

    SERIALIZABLE = "serializable"
    """The flow's state is sealed; any process can go on, and it survives a restart."""
    LIVE_PAGE = "live_page"
    """Bound to an open browser page; a crash supersedes the challenge with a new one and tells the person
    so."""


@dataclass(frozen=True)
class Option:
    """One choice of an identity challenge."""

    id: str
    label: str
    role: str = ""


@dataclass(frozen=True)
class Challenge:
    """A question to the person.

    ``picture`` and ``piece`` are PNG bytes (the slider's background and its piece, or the captcha);
    ``piece_y`` is the piece's top edge in pixels of the background. ``hint`` is what the portal tells, e.g. a
    masked phone number. ``seconds`` is its life. ``retry`` is True when the portal refused the answer before.
    ``url`` is the page that a redirect leads to.

    Above 0, ``poll_seconds`` is how often to look while the person acts elsewhere: the challenge, of a live
    page, is *watched*, and nobody answers it here. ``Flow.advance({})`` looks: the same kind without
    ``retry`` is the question as it now stands, perhaps with another picture or hint; with ``retry`` the
    person has refused and is asked anew; anything else is what follows.
    """

    kind: ChallengeKind
    resume: Resume
    seconds: int
    hint: str = ""
    picture: bytes | None = field(default=None, repr=False)
    piece: bytes | None = field(default=None, repr=False)
    piece_y: int = 0
    options: tuple[Option, ...] = ()
    retry: bool = False
    url: str = field(default="", repr=False)
    poll_seconds: float = 0.0


Answer = dict[str, str]
"""The person's answer, by the field names of its ``ChallengeKind``. Secret: never logged, never stored in
clear."""


@dataclass(frozen=True)
class Grant:
    """授权回执: the portal's own confirmation that the bank may read.

    ``secret`` is what a later fetch needs (token, browser storage state): sealed by the caller, never logged.
    ``session`` is what a later authorization of the same company and person may open with instead of a
    sign-in, where the route has such; as secret.
    """

    receipt: str
    granted_at: datetime
    expires_at: datetime | None
    secret: bytes = field(repr=False)
    session: bytes | None = field(default=None, repr=False)


class Credentials(Protocol):
    """The person's portal password, under the vault's single-use rule.

    ``current`` gives the answer to the last CREDENTIALS challenge, or None when there is none that may be
    sent. The flow calls ``sending`` durably *before* it submits the password, then exactly one of
    ``accepted`` or ``rejected``. After a crash between the two, ``current`` gives None: nobody knows whether
    the portal rejected it, so the person is asked again.
    """

    def current(self) -> Answer | None: ...
    def sending(self) -> None: ...
    def accepted(self) -> None: ...
    def rejected(self) -> None: ...


@dataclass(frozen=True)
class AuthorizationRequest:
    """Who asks whom for what. ``reference`` is stable over re-runs and crashes: a portal that takes an
    idempotency key gets it, so that a second try never makes a second grant."""

    reference: str
    taxpayer_id: str
    person_id: str
    """The acting person's id number as the bank knows it; empty when the person enters it."""
    scopes: dict[Dataset, Period]
    credentials: Credentials
    session: bytes | None = field(default=None, repr=False)
    """``Grant.session`` of an earlier authorization. A flow that begins with it asks nothing while the portal
    still knows it; else it goes on as without."""


class Flow(Protocol):
    """One authorization under way at a portal."""

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        """Go on with the answer to the last challenge (None at the start). Ends with a ``Grant``.

        Raises the portal's faults of ``schema.errors``. A wrong SMS code, captcha or slider is not raised:
        the same kind of challenge comes back with ``retry`` set, until the portal's budget ends in
        ``AccountLocked`` or ``ChallengeRejected``.
        """

    def state(self) -> bytes:
        """The state to seal when the last challenge is SERIALIZABLE; ``Connector.resume`` takes it back."""

    def close(self) -> None:
        """Let go of pages and sessions. Idempotent."""


@dataclass(frozen=True)
class Sighting:
    """What an anonymous visitor sees, as ``connectors.drift`` describes it.

    ``picture`` is a PNG of the page with every input masked, None where there is no page. ``fault`` is what
    the connector makes of it when it does not know it any more: what ``probe`` would raise.
    """

    fingerprint: Fingerprint
    picture: bytes | None = field(default=None, repr=False)
    fault: TaxlinkError | None = None


Held = Mapping[tuple[str, Period], int | None]
"""Pages that an interrupted fetch has already handed over: by locator and period, the portal's count then."""
NOTHING_HELD: Held = MappingProxyType({})


class Connector(Protocol):
    """One route into one region."""

    route: Route
    datasets: frozenset[Dataset]

    def authorize(self, request: AuthorizationRequest) -> Flow:
        """Begin an authorization. Nothing is sent until ``advance``."""

    def resume(self, request: AuthorizationRequest, state: bytes) -> Flow:
        """Take up a flow whose last challenge was SERIALIZABLE."""

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        """Ask the portal whether an earlier try of this reference already succeeded. None when it cannot
        tell."""

    def standing(self, request: AuthorizationRequest, grant: Grant) -> bool | None:
        """Whether the portal says that the grant still stands; a borrower may have revoked it there. None
        when it cannot be asked without the person. Nothing of the record is read."""

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """The dataset's pages. The company's id is checked on the portal before the first one
        (``WrongTaxpayer``). What is ``held`` is not asked for again, as far as the portal's paging allows; a
        page of a held place that comes nevertheless stands for the one before."""

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Withdraw the grant at the portal, where the portal can."""

    def probe(self) -> None:
        """Anonymous canary, no taxpayer involved: returns when the route works, raises its fault when not."""

    def sight(self) -> Sighting:
        """``probe`` with open eyes: what is there, known or not. Raises the fault of a portal that shows
        nothing."""

    def close(self) -> None:
        """Let go of connections. Idempotent."""
