"""The look of one firm or of the portfolio, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import desk, screen
from stages.workshop import Workshop

app = typer.Typer()
TENANT = "bank"


@app.command()
def report(
    subject: Annotated[str, typer.Argument(help="An authorization's id, or `portfolio`.")],
    out: Annotated[
        Path | None, typer.Option(help="The file: .html or .pdf; SUBJECT.html unless told.")
    ] = None,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    month: Annotated[str | None, typer.Option(help="Portfolio: the month, 2026-11.")] = None,
    against: Annotated[str | None, typer.Option(help="Portfolio: the month to compare with.")] = None,
) -> None:
    """Write the business profile (经营画像) of a firm, masked, or the portfolio's scores, drift and hits."""
    from service.report.pdf import printed

    path = out or Path(f"{subject}.html")
    with desk() as (shop, _):
        page = (
            _portfolio(shop, lang, month, against) if subject == "portfolio" else _firm(shop, subject, lang)
        )
    path.write_bytes(printed(page) if path.suffix == ".pdf" else page.encode())
    screen.print(f"{path}, {path.stat().st_size:,} bytes")


def _firm(shop: Workshop, id: str, lang: str) -> str:
    from service.report.firm import firm
    from service.report.pages import of_firm

    return of_firm(firm(shop, shop.ledger.authorization(id), actor="operator"), lang)


def _portfolio(shop: Workshop, lang: str, month: str | None, against: str | None) -> str:
    from service.report.pages import of_portfolio
    from service.report.portfolio import portfolio

    return of_portfolio(portfolio(shop, TENANT, month, against), lang)
