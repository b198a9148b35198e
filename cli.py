"""The ``taxlink`` command. Thin: every command calls one function below and prints what it gives."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from authz.application import Application
from authz.authorization import Authorization, State
from schema.clock import BEIJING, today
from schema.dataset import Route
from schema.errors import TaxlinkError
from schema.money import fen, yuan
from schema.period import Period
from schema.region import REGIONS
from schema.taxpayer_id import parse
from settings import Settings
from stages import health
from stages.application import default_scopes, region_of
from stages.intake import Intake, by_queue
from stages.workshop import Workshop
from store.database import reading
from vault.redaction import configure_logging

# A pretty traceback would print local variables, and those can be a taxpayer's.
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Taxlink: one tap in, one scored file out.",
)
audit_app = typer.Typer(no_args_is_help=True, help="The audit log.")
key_app = typer.Typer(no_args_is_help=True, help="API keys of loan systems.")
app.add_typer(audit_app, name="audit")
app.add_typer(key_app, name="key")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
screen = Console(width=None if sys.stdout.isatty() else 160)


def main() -> None:
    """Entry point: a named error ends with its code and message, not with a traceback."""
    try:
        app()
    except TaxlinkError as error:
        Console(stderr=True).print(f"[red]{error.code}[/]: {error.message()} {error.zh}\n{error.detail}")
        sys.exit(1)


# --- the servers ---


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: int = 8470,
    scheduler: Annotated[bool, typer.Option(help="Run the scheduled jobs in this process.")] = True,
) -> None:
    """Serve loan systems, borrowers and operations over HTTP."""
    import uvicorn

    import scheduler as jobs
    from engine import Enqueuer
    from service.app import create

    configure_logging(json=True)
    settings = Settings.from_environment()
    with _workshop(settings, "serve") as shop:
        enqueuer = Enqueuer(settings.engine_url)
        intake = by_queue(shop, enqueuer)
        running = jobs.start(shop, intake) if scheduler else None
        try:
            uvicorn.run(
                create(shop, intake),
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        finally:
            if running:
                running.shutdown()
            enqueuer.close()


@app.command()
def worker(
    name: Annotated[
        str, typer.Option(help="This worker's slot; no two live workers share one.")
    ] = "worker-1",
    slots: Annotated[int, typer.Option(min=1, help="Legs at a time.")] = 8,
    drain_seconds: Annotated[int, typer.Option(help="How long to wait for running legs at the end.")] = 5,
) -> None:
    """Take legs of work until SIGTERM."""
    import pipeline

    configure_logging(json=True)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with _workshop(Settings.from_environment(), name) as shop:
        running = pipeline.work(shop, slots=slots)
        screen.print(f"worker {name} takes up to {slots} legs at a time")
        ended.wait()
        running.close(drain_seconds=drain_seconds)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sandbox(context: typer.Context) -> None:
    """Run regional portals on loopback (options of ``python -m sandbox``; see ``--help`` there)."""
    sys.exit(subprocess.call([sys.executable, "-m", "sandbox", *context.args]))


@app.command()
def demo(
    companies: Annotated[
        Path | None, typer.Option(help="A folder of real invoices, in the columns of sme_invoices.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Leave the console running until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """The main job on the sandbox: loan applications over three regions, to a scored table."""
    from demo.show import run

    sys.exit(run(companies, keep=keep, as_json=as_json, screen=screen))


# --- authorizations ---


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
    with _desk() as (shop, intake):
        submitted = intake.submit(
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
        _print(
            {"id": submitted.authorization.id, "link": link}, as_json, f"{submitted.authorization.id}\n{link}"
        )


@app.command()
def show(authorization_id: str, as_json: Json = False) -> None:
    """One authorization: state, attempts, collections, score."""
    with _desk() as (shop, _):
        current = shop.ledger.authorization(authorization_id)
        _print(_described(shop, current), as_json)


@app.command(name="list")
def listing(state: State | None = None, limit: int = 50, as_json: Json = False) -> None:
    """The newest authorizations."""
    with _desk() as (shop, _):
        found = shop.ledger.listing(tenant=None, state=state, limit=limit, after=None)
        rows = [[a.id, a.region, a.route or "", a.state, a.error_code or "", str(a.run)] for a in found]
        header = ["id", "region", "route", "state", "error", "run"]
        _print([dict(zip(header, row, strict=True)) for row in rows], as_json, _table(header, rows))


@app.command()
def rerun(authorization_id: str, as_json: Json = False) -> None:
    """Try a failed authorization again, under the same id and consent."""
    with _desk() as (_, intake):
        current = intake.rerun(authorization_id, actor="operator")
        _print({"id": current.id, "run": current.run, "state": current.state}, as_json)


@app.command()
def withdraw(authorization_id: str, as_json: Json = False) -> None:
    """Withdraw on the borrower's behalf: the data are destroyed."""
    with _desk() as (_, intake):
        current = intake.withdraw(authorization_id, actor="operator")
        _print({"id": current.id, "state": current.state}, as_json)


@app.command()
def score(authorization_id: str, as_json: Json = False) -> None:
    """The newest score of an authorization, whole."""
    with _desk() as (shop, _):
        held = shop.casefile.score(shop.ledger.authorization(authorization_id).id)
        if held is None:
            raise typer.BadParameter("not scored yet")
        _print(json.loads(shop.vault.unseal(held["result_ref"])), as_json)


@app.command()
def regions(as_json: Json = False) -> None:
    """Every region with its routes and how they stand: breaker, maintenance window, visits and limit."""
    with _workshop(Settings.from_environment(), "cli") as shop:
        found = list(health.routes(shop))
    header = ["code", "region", "route", "family", "address", "verified", "breaker", "closed_until", "visits"]
    rows = [
        [
            each.place.region,
            f"{REGIONS[each.place.region].zh} {REGIONS[each.place.region].en}",
            each.place.route,
            each.family,
            each.address,
            "yes" if each.verified else "no",
            each.breaker,
            each.closed_until.astimezone(BEIJING).isoformat(timespec="minutes") if each.closed_until else "",
            f"{each.under_way}/{each.concurrency}" + (f" +{each.waiting}" if each.waiting else ""),
        ]
        for each in found
    ]
    _print([dict(zip(header, row, strict=True)) for row in rows], as_json, _table(header, rows))


@app.command()
def certify(
    region: Annotated[str | None, typer.Argument(help="GB/T 2260 prefix, e.g. 44.")] = None,
    route: Annotated[Route | None, typer.Option(help="One route alone.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every region with an overlay.")] = False,
    at_live: Annotated[
        bool, typer.Option("--live", help="The real portal, with a consenting account at this terminal.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
) -> None:
    """Check every promise of a region's routes. Exit code 1 when one is broken."""
    from stages.certification import Asked, run

    if (region is None) is not every:
        raise typer.BadParameter("name one region, or --all")
    report = run(Asked(region, route, at_live), screen)
    for file, content in ((html, report.html), (as_json, report.json)):
        if file is not None:
            file.write_text(content(), encoding="utf-8")
            screen.print(f"report: {file}")
    if report.broken:
        raise typer.Exit(1)


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Check every record of the audit log. Exit code 1 when it was altered."""
    with _desk() as (shop, _), reading(shop.store) as connection:
        report = shop.audit.verify(connection)
    findings = [str(finding) for finding in report.findings]
    _print(
        {"intact": report.intact, "records": report.records, "head": report.head, "findings": findings},
        as_json,
    )
    if not report.intact:
        raise typer.Exit(1)


@key_app.command("issue")
def key_issue(name: str, tenant: str = "bank", as_json: Json = False) -> None:
    """A new bearer key with the secret that signs its webhooks. Both are shown once."""
    with _desk() as (shop, _):
        bearer, signing = shop.api_keys.issue(tenant, name)
        _print({"bearer": bearer, "webhook_secret": signing}, as_json)


# --- printing ---


@contextmanager
def _workshop(settings: Settings, name: str) -> Iterator[Workshop]:
    shop = Workshop(settings, name=name)
    try:
        yield shop
    finally:
        shop.close()


@contextmanager
def _desk() -> Iterator[tuple[Workshop, Intake]]:
    from engine import Enqueuer

    settings = Settings.from_environment()
    with _workshop(settings, "cli") as shop:
        enqueuer = Enqueuer(settings.engine_url)
        try:
            yield shop, by_queue(shop, enqueuer)
        finally:
            enqueuer.close()


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
            for attempt in shop.casefile.attempts(current.id)
        ],
        "collections": [
            {"dataset": each.dataset, "route": each.route, "pages": len(each.pages), "missing": each.missing}
            for each in shop.casefile.collections(current.id, current.run)
        ],
        "score": {name: scored[name] for name in ("decision", "points", "grade", "limit_fen", "annual_rate")}
        if scored
        else None,
    }


def _table(header: list[str], rows: list[list[str]]) -> Table:
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    return table


def _print(value: Any, as_json: bool, shown: str | Table | None = None) -> None:
    if as_json or shown is None:
        screen.print_json(json.dumps(value, ensure_ascii=False, default=str))
    else:
        screen.print(shown)


if __name__ == "__main__":
    main()
