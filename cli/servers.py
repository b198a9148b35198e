"""The processes of a house: service, worker, sandbox portals, and all of them in a demonstration."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import Json, screen, workshop
from settings import Settings
from stages.dispatch import by_queue
from stages.intake import Intake
from stages.upkeep import Upkeep
from vault.logs import configure_logging

app = typer.Typer()


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
    with workshop(settings, "serve") as shop:
        enqueuer = Enqueuer(settings.engine_url)
        dispatch = by_queue(enqueuer)
        running = jobs.start(shop, Upkeep(shop, dispatch)) if scheduler else None
        try:
            uvicorn.run(
                create(shop, Intake(shop, dispatch)),
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
    with workshop(Settings.from_environment(), name) as shop:
        running = pipeline.work(shop, slots=slots)
        screen.print(f"worker {name} takes up to {slots} legs at a time")
        ended.wait()
        running.close(drain_seconds=drain_seconds)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sandbox(context: typer.Context) -> None:
    """Run regional portals on loopback (options of ``python -m sandbox``; see ``--help`` there)."""
    sys.exit(subprocess.call([sys.executable, "-m", "sandbox", *context.args]))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Measure against what was promised (names and options of ``python -m bench``; see ``--help`` there)."""
    sys.exit(subprocess.call([sys.executable, "-m", "bench", *context.args]))


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
