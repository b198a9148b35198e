"""A bureau behind the connector interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.bureau.desk import Desk, Session, unsealed
from connectors.bureau.flow import BureauFlow, granted
from connectors.interface import NOTHING_HELD, AuthorizationRequest, Grant, Held, Sighting
from connectors.overlay import Limits, RouteOverlay
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, GrantRevoked, SessionExpired, TaxlinkError, WrongTaxpayer
from schema.period import Period
from schema.raw import RawPage


@dataclass(frozen=True)
class Wanted:
    """One dataset to read: within whose session, of whom, for when; and what of it is held already."""

    session: Session
    taxpayer_id: str
    dataset: Dataset
    period: Period
    limits: Limits
    held: Held

    def own(self, shown: object, where: str) -> None:
        """Raises ``WrongTaxpayer``, and ``ContractChanged`` for a page that does not tell whose it is."""
        if not isinstance(shown, str):
            raise ContractChanged(f"{where} does not tell whose it is")
        if shown != self.taxpayer_id:
            raise WrongTaxpayer(f"{where} answered for another company")


@dataclass(frozen=True)
class Content:
    """A page before it is numbered. ``form`` is what its source format adds to the dataset's name."""

    content: bytes
    period: Period
    locator: str
    total: int | None = None
    form: str = ""
    content_type: str = "application/json"


Collect = Callable[[Wanted], Iterator[Content]]


class BureauConnector:
    """See ``connectors.interface.Connector``."""

    route = Route.API

    def __init__(self, region: str, desk: Desk, overlay: RouteOverlay, collect: Collect) -> None:
        self._region, self._desk, self._overlay, self._collect = region, desk, overlay, collect
        self.datasets = overlay.datasets
        self._signed_in: dict[str, Session] = {}

    def authorize(self, request: AuthorizationRequest) -> BureauFlow:
        return BureauFlow(self._desk, request, self._signed_in.__setitem__)

    def resume(self, request: AuthorizationRequest, state: bytes) -> BureauFlow:
        flow = self.authorize(request)
        flow.restore(state)
        return flow

    def existing(self, request: AuthorizationRequest) -> Grant | None:
        """Told while this connector holds the session that the reference signed in with; else None."""
        session = self._signed_in.get(request.reference)
        if session is None:
            return None
        try:
            return self._in_force(session, request.reference, request.taxpayer_id)
        except TaxlinkError:
            return None

    def standing(self, request: AuthorizationRequest, grant: Grant) -> bool | None:
        """Told while the session of the grant lives."""
        session, beside = unsealed(grant.secret)
        try:
            found = self._in_force(session, beside["reference"], request.taxpayer_id)
        except GrantRevoked:
            return False
        except SessionExpired:
            return None
        return found is not None

    def fetch(
        self,
        grant: Grant,
        taxpayer_id: str,
        dataset: Dataset,
        period: Period,
        held: Held = NOTHING_HELD,
    ) -> Iterator[RawPage]:
        """The company is checked before the first page, and on every page; so is the grant before the first:
        a bureau shows people their own record with or without one."""
        session, beside = unsealed(grant.secret)
        wanted = Wanted(session, taxpayer_id, dataset, period, self._overlay.limits, held)
        wanted.own(self._desk.company(session), "the session")
        if self._in_force(session, beside["reference"], taxpayer_id) is None:
            raise GrantRevoked("the bureau knows no grant of this reference")
        for sequence, page in enumerate(self._collect(wanted)):
            yield RawPage(
                dataset=dataset,
                period=page.period,
                region=self._region,
                route=Route.API,
                source_format=f"{self._overlay.family}.{dataset}{page.form}",
                locator=page.locator,
                sequence=sequence,
                content=page.content,
                content_type=page.content_type,
                fetched_at=datetime.now(UTC),
                portal_total=page.total,
            )

    def _in_force(self, session: Session, reference: str, taxpayer_id: str) -> Grant | None:
        """The grant of a reference; None where there is none. Raises ``GrantRevoked`` when it is over."""
        found = self._desk.ask(session, "grant_query", reference=reference)
        return granted(self._desk, session, found, reference, taxpayer_id) if "receipt" in found else None

    def revoke(self, grant: Grant, taxpayer_id: str) -> None:
        """Idempotent at the bureau. Raises ``SessionExpired`` when nobody is signed in any more."""
        session, beside = unsealed(grant.secret)
        if self._desk.company(session) != taxpayer_id:
            raise WrongTaxpayer
        self._desk.ask(session, "grant_revoke", receipt=beside["receipt"])

    def probe(self) -> None:
        self._desk.ask(Session(), "probe")

    def sight(self) -> Sighting:
        return self._desk.sight()

    def close(self) -> None:
        self._signed_in.clear()
        self._desk.close()


def listed(
    wanted: Wanted, part: Period, listing: str, page_of: Callable[[int], Content]
) -> Iterator[Content]:
    """A listing page by page, as its own total tells, but for the pages that are held. ``listing`` is the
    locator before ``#``."""

    def held(page: int) -> int | None:
        return wanted.held.get((f"{listing}#{page}", part))

    if (total := held(1)) is None:
        first = page_of(1)
        total = first.total or 0
        yield first
    for page in _more_pages(total, wanted.limits.page_size):
        if held(page) is None:
            yield page_of(page)


def _more_pages(total: int, size: int, most: int = 5_000_000) -> range:
    """The pages after the first. Raises ``ContractChanged`` for a count that is no count."""
    if not 0 <= total <= most:
        raise ContractChanged(f"a listing counts {total} records")
    return range(2, -(-total // size) + 1)


def text(record: Mapping[str, Any], name: str) -> str:
    """A field of a filing. Raises ``ContractChanged`` naming it."""
    if not isinstance(found := record.get(name), str):
        raise ContractChanged(f"a filing lacks {name}")
    return found


def filed_period(start: str, end: str) -> Period:
    """The period of a filing, as two printed days."""
    try:
        return Period(start=date.fromisoformat(start), end=date.fromisoformat(end))
    except ValueError:
        raise ContractChanged("a filing's period is printed in another form") from None
