"""A portal in memory that asks every kind of challenge, and a connector to it that keeps every promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

from connectors.evidence import Recorder
from connectors.interface import (
    NOTHING_HELD,
    Answer,
    AuthorizationRequest,
    Challenge,
    ChallengeKind,
    Grant,
    Held,
    Option,
    Resume,
)
from connectors.testing.site import Account, Fault, FaultDoor, PortalLog, Reading, Who
from connectors.testing.verdict import Target
from schema.dataset import Dataset, Route
from schema.errors import (
    AnswerInvalid,
    ChallengeRejected,
    ContractChanged,
    CredentialsRejected,
    DataIncomplete,
    GrantRevoked,
    PortalMaintenance,
    RateLimited,
    RoleNotPermitted,
    SessionExpired,
    WrongTaxpayer,
)
from schema.period import Period
from schema.raw import RawPage

TARGET = Target("44", "api", "toy")
PERIOD = Period.model_validate({"start": "2025-01-01", "end": "2025-12-31"})
EMPTY = Period.model_validate({"start": "2021-01-01", "end": "2021-03-31"})
STEPS = ("credentials", "picture", "sms_code", "identity", "qr", "last")
RIGHT = {"picture": ("text", "a7kq"), "sms_code": ("code", "804217"), "identity": ("choice", "1")}
PASSWORD = "Toy@password-1"


@dataclass
class Portal:
    """What the portal knows. ``grants`` is receipt and whether it is in force, by the bank's reference."""

    grants: dict[str, tuple[str, bool]] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[Fault, float] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)
    scanned: set[bytes] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def strike(self, fault: Fault, *, seconds: float = 1) -> None:
        self.faults[fault] = seconds

    def clear(self) -> None:
        self.faults.clear()

    def count(self, event: str, account: Account) -> int:
        return self.events.count((event, account.taxpayer_id))

    def grant(self, reference: str, taxpayer_id: str) -> str:
        if reference not in self.grants:
            self.grants[reference] = (f"T{next(self.serial):06d}", True)
            self.events.append(("grant_made", taxpayer_id))
        return self.grants[reference][0]

    def open(self) -> None:
        """What every request meets first."""
        for fault, cause in ((Fault.MAINTENANCE, PortalMaintenance), (Fault.THROTTLED, RateLimited)):
            if fault in self.faults:
                raise cause(retry_at=datetime.now(UTC) + timedelta(seconds=self.faults[fault]))


class ToyFlow:
    """Every challenge in turn. What it holds is the step alone."""

    def __init__(self, connector: Toy, request: AuthorizationRequest, step: str = STEPS[0]) -> None:
        self.toy, self.request, self.step = connector, request, step

    def advance(self, answer: Answer | None) -> Challenge | Grant:
        self.toy.portal.open()
        if answer is None:
            return self.begin()
        if self.step in RIGHT:
            name, right = RIGHT[self.step]
            if answer.get(name) != right:
                return self.refuse(ChallengeKind(self.step))
            return self.ask(STEPS[STEPS.index(self.step) + 1])
        if self.step == "qr":
            return self.looked()
        return self.approved() if self.request.person_id else self.led_back(answer)

    def begin(self) -> Challenge:
        account = self.request.credentials.current()
        if account is None:
            return self.ask("credentials")
        self.toy.portal.begun.add(self.request.reference)
        self.request.credentials.sending()
        if not self.sign_in(account["password"]):
            self.request.credentials.rejected()
            raise CredentialsRejected
        self.request.credentials.accepted()
        return self.ask("picture")

    def sign_in(self, password: str) -> bool:
        if password != PASSWORD:
            self.toy.portal.events.append(("sign_in_rejected", self.request.taxpayer_id))
        return password == PASSWORD

    def refuse(self, kind: ChallengeKind) -> Challenge:
        if kind is ChallengeKind.IDENTITY:
            raise AnswerInvalid
        return replace(self.ask(kind), retry=True)

    def looked(self) -> Challenge:
        scanned = self.request.reference.encode() in self.toy.portal.scanned
        return self.ask("last" if scanned else "qr")

    def approved(self) -> Challenge | Grant:
        if self.request.reference not in self.toy.portal.approved:
            return replace(self.ask("last"), retry=True)
        return self.granted()

    def led_back(self, answer: Answer) -> Challenge | Grant:
        if answer["response"] != f"state={self.request.reference}":
            raise ChallengeRejected
        return self.granted()

    def granted(self) -> Grant:
        request, portal = self.request, self.toy.portal
        if request.person_id == CLERK_ID:
            raise RoleNotPermitted
        receipt = portal.grant(request.reference, request.taxpayer_id)
        secret = json.dumps({"reference": request.reference, "token": uuid4().hex}).encode()
        return Grant(receipt, datetime.now(UTC), None, secret)

    def ask(self, step: str) -> Challenge:
        self.step = step
        kind = step
        if step == "last":
            kind = "app_approval" if self.request.person_id else "redirect"
        if step == "qr":
            picture = self.request.reference.encode()
            return Challenge(ChallengeKind.QR, Resume.LIVE_PAGE, 60, picture=picture, poll_seconds=0.001)
        options = (Option("1", "甲公司", "法定代表人"),) if step == "identity" else ()
        # Tells the account of the toy what is asked about; a real portal tells it in its app or page.
        url = self.request.reference if step == "last" else ""
        return Challenge(ChallengeKind(kind), Resume.SERIALIZABLE, 60, options=options, url=url)

    def state(self) -> bytes:
        return self.step.encode()

    def close(self) -> None:
        """Nothing is held."""


class Toy:
    """A connector that keeps every promise."""

    route = Route.API
    datasets = frozenset((Dataset.TAXPAYER, Dataset.INVOICE))
    flow: type[ToyFlow] = ToyFlow

    def __init__(self, portal: Portal, recorder: Recorder) -> None:
        self.portal, self.recorder = portal, recorder

    def authorize(self, request: AuthorizationRequest) -> ToyFlow:
        return self.flow(self, request)

    def resume(self, request: AuthorizationRequest, state: bytes) -> ToyFlow:
        return self.flow(self, request, state.decode())

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        known = request.reference in self.portal.grants
        return self.flow(self, request).granted() if known else None

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        portal = self.portal
        portal.open()
        if Fault.SESSION_LOST in portal.faults:
            raise SessionExpired
        if not portal.grants[json.loads(grant.secret)["reference"]][1]:
            raise GrantRevoked
        shown = "somebody else" if Fault.WRONG_COMPANY in portal.faults else taxpayer_id
        if shown != taxpayer_id:
            raise WrongTaxpayer
        if Fault.LAYOUT_CHANGED in portal.faults:
            raise ContractChanged
        yield from self.pages(shown, dataset, period)

    def pages(self, company: str, dataset: Dataset, period: Period) -> Iterator[RawPage]:
        total = 1 if dataset is Dataset.TAXPAYER else 0 if period == EMPTY else 2
        for number in range(max(1, total)):
            content = json.dumps({"company": company, "records": min(1, total)}).encode()
            yield RawPage(
                dataset, period, "44", self.route, f"toy.{dataset}", f"{dataset}#{number}", number, content,
                "application/json", datetime.now(UTC), total,
            )  # fmt: skip

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        reference = json.loads(grant.secret)["reference"]
        self.portal.grants[reference] = (grant.receipt, False)

    def probe(self) -> None:
        self.portal.open()

    def close(self) -> None:
        """Nothing is held."""


CLERK_ID = "clerk"


@dataclass(frozen=True)
class ToyAccount:
    """Somebody who answers rightly."""

    portal: Portal
    taxpayer_id: str
    person_id: str
    password: str = PASSWORD

    def answer(self, challenge: Challenge) -> Answer:
        match challenge.kind:
            case ChallengeKind.CREDENTIALS:
                return {"person_id": self.person_id, "password": self.password}
            case ChallengeKind.APP_APPROVAL:
                self.portal.approved.add(challenge.url)
                return {}
            case ChallengeKind.QR:
                self.portal.scanned.add(challenge.picture or b"")
                return {}
            case ChallengeKind.REDIRECT:
                return {"response": f"state={challenge.url}"}
            case kind:
                return dict([RIGHT[kind]])


class ToySite:
    """See ``connectors.testing.site.Site``."""

    target, period, tidy = TARGET, PERIOD, False
    challenges: frozenset[ChallengeKind] = frozenset()
    empty: Period | None = EMPTY

    def __init__(self, kind: type[Toy] = Toy) -> None:
        self.portal, self._kind = Portal(), kind
        self.faults: FaultDoor | None = self.portal
        self.log: PortalLog | None = self.portal

    def connector(self, recorder: Recorder) -> Toy:
        return self._kind(self.portal, recorder)

    def account(self, who: Who) -> ToyAccount:
        company, person = f"company-{who}", CLERK_ID if who is Who.CLERK else "person"
        wrong = "Toy@not-this-one" if who is Who.MISTAKEN else PASSWORD
        return ToyAccount(self.portal, company, person, wrong)


def read(dataset: Dataset, pages: list[RawPage]) -> Reading:
    """The house's reading of the toy's pages: the portal's count is compared."""
    found = [json.loads(page.content) for page in pages]
    rows = sum(each["records"] for each in found)
    if pages and rows < (pages[0].portal_total or 0):
        raise DataIncomplete
    owned = {each["company"] for each in found} if dataset is Dataset.TAXPAYER else set()
    return Reading(rows, frozenset(owned))
