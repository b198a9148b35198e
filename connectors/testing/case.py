"""One target under certification: its connectors, one authorization that is shared where that is safe, and
everything that was said on the way."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar
from uuid import uuid4

from connectors.bundle import opened
from connectors.evidence import Recorder
from connectors.interface import AuthorizationRequest, ChallengeKind, Connector, Grant
from connectors.testing.canary import Eavesdropper, Secrets
from connectors.testing.site import Account, FaultDoor, Reader, Reading, Site, Who
from connectors.testing.verdict import Broken, NotApplicable
from connectors.testing.walk import Held, Typed, Walk
from schema.dataset import Dataset
from schema.errors import ResultNotReady, TaxlinkError
from schema.period import Period
from schema.raw import RawPage

PATIENCE_SECONDS = 60.0
"""How long a case waits for data that a portal prepares."""

T = TypeVar("T")


class Case:
    """What promises share. Used by one thread at a time."""

    def __init__(self, site: Site, read: Reader, heard: Eavesdropper) -> None:
        self.site, self.heard = site, heard
        self.secrets, self.errors = Secrets(), list[str]()
        self.owners: set[str] = set()
        """Ids of the companies and people that were walked for."""
        self._read = read
        self._open: list[Connector] = []
        self._recorders: list[Recorder] = []
        self._walks: list[Walk] = []
        self._made: dict[str, tuple[Account, Grant]] = {}
        self._held: Held | None = None
        self._unasked = count(1)

    # --- connectors and authorizations ---

    def connector(self) -> Connector:
        """The newest connector of the case."""
        return self._open[-1] if self._open else self.fresh()

    def fresh(self) -> Connector:
        """A connector that knows nothing of the ones before, as in another process."""
        recorder = Recorder()
        made = self.site.connector(recorder)
        self._recorders.append(recorder)
        self._open.append(made)
        return made

    def drop(self, connector: Connector) -> None:
        """The process of this connector died."""
        self._open.remove(connector)
        connector.close()

    def request(self, account: Account, *, anonymous: bool = False) -> AuthorizationRequest:
        """A new reference. ``anonymous`` leaves it to the portal to learn who acts."""
        read = [each for each in (self.site.period, self.site.empty) if each]
        scope = Period(start=min(each.start for each in read), end=max(each.end for each in read))
        return AuthorizationRequest(
            reference=uuid4().hex,
            taxpayer_id=account.taxpayer_id,
            person_id="" if anonymous else account.person_id,
            scopes=dict.fromkeys(sorted(self.connector().datasets), scope),
            credentials=Typed(),
        )

    def walk(
        self, account: Account, request: AuthorizationRequest, connector: Connector | None = None
    ) -> Walk:
        """A flow of the connector (the newest unless given), not begun yet."""
        flow = (connector or self.connector()).authorize(request)
        assert isinstance(request.credentials, Typed)
        begun = Walk(flow, account, request.credentials, self.secrets.answer, self.made)
        self._walks.append(begun)
        return begun

    def granted(self, walk: Walk, request: AuthorizationRequest) -> Held:
        """Walk to the end."""
        outcome = walk.finish()
        assert isinstance(outcome, Grant)
        walk.flow.close()
        return Held(outcome, request, walk.account, tuple(walk.kinds))

    def made(self, account: Account, grant: Grant) -> None:
        """Remember a grant, to look for its secret and to withdraw it in the end."""
        self.secrets.grant(grant, account.taxpayer_id)
        self.owners |= {account.taxpayer_id, account.person_id} - {""}
        self._made[grant.receipt] = (account, grant)

    def shared(self) -> Held:
        """The one authorization that promises which only read have in common. Raises ``Broken``."""
        if self._held is None:
            account = self.site.account(Who.PERMITTED)
            request = self.request(account)
            try:
                self._held = self.granted(self.walk(account, request), request)
            except TaxlinkError as error:
                self.say(error)
                raise Broken(f"no authorization came about to check this under: {error.code}") from None
        return self._held

    def forget(self) -> None:
        """The shared authorization is of no use any more."""
        self._held = None

    def asked(self) -> frozenset[ChallengeKind]:
        """The kinds of challenge that the route asked the person with."""
        return frozenset(self.shared().kinds)

    # --- reading ---

    def pages(self, held: Held, dataset: Dataset, period: Period) -> list[RawPage]:
        """Every page. Data that the portal still prepares are waited for. Raises its causes."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return list(self.connector().fetch(held.grant, held.account.taxpayer_id, dataset, period))
            except ResultNotReady as error:
                if time.monotonic() > deadline:
                    raise
                ready_at = error.retry_at or datetime.now(UTC) + timedelta(seconds=1)
                time.sleep(max(0.1, (ready_at - datetime.now(UTC)).total_seconds()))

    def read(self, held: Held, dataset: Dataset, period: Period) -> tuple[list[RawPage], Reading]:
        """The pages, and what the house makes of them. Raises the causes of both."""
        pages = self.pages(held, dataset, period)
        return pages, self._read(dataset, pages)

    def unasked(self) -> Period:
        """A period with data that was not asked for before, so that nothing prepared earlier hides a
        fault."""
        period = self.site.period
        return Period(start=period.start + timedelta(days=next(self._unasked)), end=period.end)

    # --- what is said ---

    def faults(self) -> FaultDoor:
        """The door for faults. Raises ``NotApplicable``."""
        if self.site.faults is None:
            raise NotApplicable("this site has no door for faults; the sandbox's certificate covers it")
        return self.site.faults

    def raised(
        self, call: Callable[[], object], *causes: type[TaxlinkError], within: str = ""
    ) -> TaxlinkError:
        """The cause that a call raises. Raises ``Broken`` for another cause, or for none."""
        where, wanted = (f"{within}: " if within else ""), " or ".join(each.cause_code() for each in causes)
        try:
            call()
        except causes as error:
            self.say(error)
            return error
        except TaxlinkError as error:
            self.say(error)
            raise Broken(f"{where}raised {error.code} where {wanted} is the cause") from None
        raise Broken(f"{where}nothing was raised where {wanted} is the cause")

    def say(self, error: BaseException) -> None:
        """Keep everything that an error tells: text, detail, repr, and what stands behind it."""
        detail = getattr(error, "detail", "")
        told = "".join(traceback.format_exception(type(error), error, None))
        self.errors.append(f"error {type(error).__name__}: {error!r} {detail} {told}")

    def texts(self) -> Iterator[str]:
        """Everything that was said: logs, errors, and grants as they print."""
        yield from tuple(self.heard.lines)
        yield from self.errors
        for _, grant in self._made.values():
            yield f"repr of a grant: {grant!r}"
        yield from self.evidence()

    def evidence(self) -> Iterator[str]:
        """What the connectors would leave sealed: manifests, and the bytes of pictures."""
        for recorder in self._recorders:
            kept = opened(recorder.bundle("certified"))
            yield f"evidence: {kept.manifest.model_dump_json()}"
            yield from (f"picture: {picture.decode('latin-1')}" for picture in kept.pictures)

    # --- the end ---

    def close(self) -> None:
        """Let go of everything. On a tidy site, the grants made are withdrawn."""
        if self.site.faults is not None:
            self.site.faults.clear()
        for walk in self._walks:
            walk.flow.close()
        if self.site.tidy and self._open:
            for account, grant in self._made.values():
                with suppress(TaxlinkError):
                    self.connector().revoke(grant, account.taxpayer_id)
        for connector in self._open:
            connector.close()
        self._open.clear()
