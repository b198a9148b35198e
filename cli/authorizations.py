"""What operations do with authorizations: ask for one, look at it, try it again, withdraw it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from authz.application import Application
from authz.authorization import Authorization, State
from cli.terminal import Json, desk, show, table
from schema.clock import today
from schema.money import fen, yuan
from schema.period import Period
from schema.taxpayer_id import parse
from stages.application import default_scopes, region_of
from stages.submission import submit
from stages.workshop import Workshop

app = typer.Typer()


@app.command()
def authorize(
    taxpayer_id: str,
    region: Annotated[str | None, typer.Option(help="GB/T 2260 prefix; default from the company id.")] = None,
    amount: Annotated[str, typer.Option(help="Requested amount in yuan.")] = "500000",
    term: Annotated[int, typer.Option(help="Months.")] = 12,
    product: str = "general",
    periodic: Annotated[bool, typer.Option(help="The consent allows daily refreshes.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Score as of this day (back-test), YYYY-MM-DD.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day of the data, YYYY-MM-DD.")] = None,
    as_json: Json = False,
) -> None:
    """Ask a borrower for an authorization: prints the link to send."""
    company, day = parse(taxpayer_id), date.fromisoformat(as_of) if as_of else None
    scopes = default_scopes(today(), as_of=day, valid_days=Application.valid_days if periodic else 0)
    if start:
        first = date.fromisoformat(start)
        scopes = {dataset: Period(start=first, end=period.end) for dataset, period in scopes.items()}
    with desk() as (shop, _):
        submitted = submit(
            shop,
            Application(
                tenant="bank",
                taxpayer_id=company,
                region=region_of(company, region),
                scopes=scopes,
                product=product,
                amount_fen=fen(Decimal(amount)),
                term_months=term,
                periodic=periodic,
                as_of=day,
            ),
            {},
            actor="operator",
        )
        link = f"{shop.settings.public_url}/link/{submitted.token}"
        show(
            {"id": submitted.authorization.id, "link": link}, as_json, f"{submitted.authorization.id}\n{link}"
        )


@app.command(name="show")
def showing(authorization_id: str, as_json: Json = False) -> None:
    """One authorization: state, attempts, collections, score."""
    with desk() as (shop, _):
        current = shop.ledger.authorization(authorization_id)
        show(_described(shop, current), as_json)


@app.command(name="list")
def listing(state: State | None = None, limit: int = 50, as_json: Json = False) -> None:
    """The newest authorizations."""
    with desk() as (shop, _):
        found = shop.ledger.listing(tenant=None, state=state, limit=limit, after=None)
        rows = [[a.id, a.region, a.route or "", a.state, a.error_code or "", str(a.run)] for a in found]
        header = ["id", "region", "route", "state", "error", "run"]
        show([dict(zip(header, row, strict=True)) for row in rows], as_json, table(header, rows))


@app.command()
def rerun(authorization_id: str, as_json: Json = False) -> None:
    """Try a failed authorization again, under the same id and consent."""
    with desk() as (_, intake):
        current = intake.rerun(authorization_id, actor="operator")
        show({"id": current.id, "run": current.run, "state": current.state}, as_json)


@app.command()
def withdraw(authorization_id: str, as_json: Json = False) -> None:
    """Withdraw on the borrower's behalf: the data are destroyed."""
    with desk() as (_, intake):
        current = intake.withdraw(authorization_id, actor="operator")
        show({"id": current.id, "state": current.state}, as_json)


@app.command()
def score(authorization_id: str, as_json: Json = False) -> None:
    """The newest score of an authorization, whole."""
    with desk() as (shop, _):
        held = shop.casefile.score(shop.ledger.authorization(authorization_id).id)
        if held is None:
            raise typer.BadParameter("not scored yet")
        show(json.loads(shop.vault.unseal(held["result_ref"])), as_json)


def _described(shop: Workshop, current: Authorization) -> dict[str, Any]:
    scored = shop.casefile.score(current.id)
    return {
        "id": current.id,
        "state": current.state,
        "progress": current.progress,
        "region": current.region,
        "route": current.route,
        "run": current.run,
        "error": current.error_code,
        "amount": str(yuan(current.amount_fen)),
        "attempts": [
            {name: attempt[name] for name in ("run", "route", "why", "outcome", "error_code")}
            for attempt in shop.attempts.of(current.id)
        ],
        "collections": [
            {"dataset": each.dataset, "route": each.route, "pages": len(each.pages), "missing": each.missing}
            for each in shop.casefile.collections(current.id, current.run)
        ],
        "score": {name: scored[name] for name in ("decision", "points", "grade", "limit_fen", "annual_rate")}
        if scored
        else None,
    }
