"""Stage 2, collect: one dataset under the grant, sealed as it comes, committed only if the consent still
stands."""

from __future__ import annotations

from functools import partial

from authz.authorization import Authorization, Progress, State
from authz.casefile import Collected
from authz.grants import HeldGrant
from authz.underway import Reading
from connectors import router
from connectors.overlay import overlay
from connectors.places import Place
from normalizers.ahead import Ahead
from schema.clock import today
from schema.dataset import Dataset, Missing, Route
from schema.errors import (
    Action,
    ConsentMissing,
    DataIncomplete,
    GrantRevoked,
    RouteAbsent,
    SessionExpired,
    TaxlinkError,
)
from schema.hubcontract import VERSIONS
from schema.period import Period
from stages import evidence, hub, patience, visit
from stages.application import passed
from stages.authorize import renewed
from stages.documents import HANDED_IN
from stages.increment import increment
from stages.outcome import Outcome, ended, waiting
from stages.pull import pulled
from stages.workshop import Workshop
from store.database import now

_LARGE = (Dataset.INVOICE, Dataset.TAX_RETURN)


def remaining(shop: Workshop, authorization_id: str) -> list[Dataset]:
    """The datasets of the consent that this run has not collected yet, the larger first: they are read while
    the others come."""
    current = shop.ledger.authorization(authorization_id)
    consent = shop.ledger.consent(current.consent_id)
    if current.run > 1:
        shop.casefile.take_over(current, consent.frequency.unit_start(now()))
    done = {collected.dataset for collected in shop.casefile.collections(current.id, current.run)}
    if current.progress is Progress.WAITING:
        shop.ledger.set_progress(current.id, Progress.COLLECTING, actor="pipeline")
    left = [dataset for dataset in shop.consents.scopes(current) if dataset not in done]
    return sorted(left, key=lambda dataset: _LARGE.index(dataset) if dataset in _LARGE else len(_LARGE))


def collect(shop: Workshop, authorization_id: str, dataset: Dataset, ahead: Ahead) -> Outcome:
    """``collected``; ``missing`` with its code, when this dataset alone cannot be had; ``again`` when the
    authorization must be taken up anew (another route, or a session that ended); ``wait``; or ``ended``."""
    current = shop.ledger.authorization(authorization_id)
    if any(each.dataset is dataset for each in shop.casefile.collections(current.id, current.run)):
        return Outcome("collected")  # by a worker that was killed between the commit and its checkpoint
    period = passed(shop.consents.scopes(current)[dataset], today())
    if dataset in HANDED_IN:
        return _missing(shop, current, Route.API, dataset, period, RouteAbsent(f"{dataset} is handed in"))
    if dataset in VERSIONS:
        return _from_hub(shop, current, dataset, period, ahead)
    held = shop.grants.of(authorization_id)
    try:
        if held is None:
            raise GrantRevoked("no grant is held")
        if (refused := visit.enter(shop, current, held.route)) is not None:
            return refused
        _fetch(shop, current, held, dataset, period, ahead)
        visit.worked(shop, current, held.route)
        shop.changes.read(Place(current.region, held.route), dataset, "", now())
        return Outcome("collected")
    except TaxlinkError as error:
        if held is not None:
            visit.failed(shop, current, held.route, error)
            shop.changes.met(Place(current.region, held.route), dataset, "", error)
        return waiting(shop, current.id, error) or _after(shop, current, held, dataset, period, error)


def _from_hub(
    shop: Workshop, current: Authorization, dataset: Dataset, period: Period, ahead: Ahead
) -> Outcome:
    """What the hub does not give is missing with its reason; the run goes on."""
    try:
        hub.fetch(shop, current, dataset, period, ahead)
        return Outcome("collected")
    except TaxlinkError as error:
        if error.action is Action.REAUTHORIZE and not isinstance(error, ConsentMissing):
            return ended(shop, current.id, error)
        missing = partial(_missing, shop, current, Route.API, dataset, period)
        return waiting(shop, current.id, error) or missing(error)


def _fetch(
    shop: Workshop, current: Authorization, held: HeldGrant, dataset: Dataset, period: Period, ahead: Ahead
) -> None:
    if dataset not in overlay(current.region).route(held.route).datasets:
        raise RouteAbsent(f"{held.route} does not serve {dataset}")
    part = increment(shop, current, held.route, dataset, period)
    token = shop.casefile.open_gate(current, dataset, part.asked)
    grant = visit.unsealed(shop, held)
    recorder = shop.lines.recorder(current.id, held.route)
    recorder.begin()
    recorder.step(f"fetch:{dataset}")
    connector = shop.lines.get(current, held.route)
    fetch = partial(connector.fetch, grant, current.taxpayer_id, dataset, part.asked)
    reading = Reading(current.id, current.run, dataset, part.asked, held.route, token)
    pages = pulled(shop, current.vault_owner, reading, fetch, ahead)
    if not pages:
        raise DataIncomplete("no page, so no proof that there is nothing")
    ref = evidence.kept(shop, current, recorder, "collected")
    shop.casefile.commit_collection(
        current,
        Collected(dataset, period, held.route, [*part.pages, *pages], None, None, now(), ref),
        token,
    )


def _after(
    shop: Workshop,
    current: Authorization,
    held: HeldGrant | None,
    dataset: Dataset,
    period: Period,
    error: TaxlinkError,
) -> Outcome:
    route = held.route if held else Route.API
    if error.action is Action.STOP or current.state is State.CLOSED:
        _failed(shop, current, route, dataset, error)
        return ended(shop, current.id, error)
    if error.action is Action.REAUTHORIZE:
        return _take_up_anew(shop, current, held, error)
    if router.falls_back(error):
        if _other_route(shop, current, route, dataset, error):
            return _take_up_anew(shop, current, held, error)
        if (passing := patience.again(shop, current)) is not None:
            return passing
    return _missing(shop, current, route, dataset, period, error)


def _other_route(
    shop: Workshop, current: Authorization, route: Route, dataset: Dataset, error: TaxlinkError
) -> bool:
    """Record that this route failed; whether another one serves the dataset and was not tried in this run."""
    _failed(shop, current, route, dataset, error)
    failed = shop.attempts.failed_routes(current)
    return router.next_route(overlay(current.region), [dataset], failed) is not None


def _failed(
    shop: Workshop, current: Authorization, route: Route, dataset: Dataset, error: TaxlinkError
) -> None:
    """An attempt that got as far as this dataset, with its evidence."""
    attempt = shop.attempts.begin(current, route, f"collecting:{dataset}")
    ref = evidence.kept(shop, current, shop.lines.recorder(current.id, route), "failed", error)
    shop.attempts.end(
        attempt,
        current.id,
        "failed",
        error_code=error.code,
        detail=error.detail,
        evidence_ref=ref,
    )


def _take_up_anew(
    shop: Workshop, current: Authorization, held: HeldGrant | None, error: TaxlinkError
) -> Outcome:
    """The session or the route is gone. With a person behind it (an application) the run goes on by asking; a
    refresh stops at ``needs_repair``, unless the portal tells its grant without a person."""
    if error.code in ("consent_withdrawn", "consent_expired", "consent_suspended", "scope_denied"):
        return ended(shop, current.id, error)
    dropped = current.state is State.REFRESHING and isinstance(error, SessionExpired)
    if dropped and held and renewed(shop, current, held.route):
        return Outcome("again", code=error.code)
    visit.leave(shop, current.id)
    shop.ledger.move(current.id, State.NEEDS_REPAIR, actor="pipeline", error_code=error.code)
    if current.state is State.REFRESHING:
        return Outcome("ended", code=error.code)
    shop.ledger.move(current.id, State.PLANNING, actor="pipeline")
    return Outcome("again", code=error.code)


def _missing(
    shop: Workshop,
    current: Authorization,
    route: Route,
    dataset: Dataset,
    period: Period,
    error: TaxlinkError,
) -> Outcome:
    revision = shop.ledger.consent(current.consent_id).revision
    ref = evidence.kept(shop, current, shop.lines.recorder(current.id, route), "missing", error)
    why = Missing.NOT_AUTHORISED if isinstance(error, ConsentMissing) else Missing.NOT_AVAILABLE
    gone = Collected(dataset, period, route, [], why, error.code, now(), ref)
    shop.casefile.commit_collection(current, gone, revision)
    return Outcome("missing", code=error.code)
