"""What the commands share: the screen, the workshop they work in, and how a result is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from settings import Settings
from stages.dispatch import by_queue
from stages.intake import Intake
from stages.workshop import Workshop

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
screen = Console(width=None if sys.stdout.isatty() else 160)


@contextmanager
def workshop(settings: Settings, name: str) -> Iterator[Workshop]:
    shop = Workshop(settings, name=name)
    try:
        yield shop
    finally:
        shop.close()


@contextmanager
def desk() -> Iterator[tuple[Workshop, Intake]]:
    from engine import Enqueuer

    settings = Settings.from_environment()
    with workshop(settings, "cli") as shop:
        enqueuer = Enqueuer(settings.engine_url)
        try:
            yield shop, Intake(shop, by_queue(enqueuer))
        finally:
            enqueuer.close()


def table(header: list[str], rows: list[list[str]]) -> Table:
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    return table


def show(value: Any, as_json: bool, shown: str | Table | None = None) -> None:
    if as_json or shown is None:
        screen.print_json(json.dumps(value, ensure_ascii=False, default=str))
    else:
        screen.print(shown)
