"""Fitting, validating and comparing cards (the extra ``model``)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.progress import Progress

from cli.terminal import Json, screen, show, workshop
from schema.errors import InvalidRequest
from settings import Settings

app = typer.Typer(no_args_is_help=True, help="Cards fitted to outcomes.")
Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="CSV files as of CUMCM 2020-C.")]
Group = Annotated[str, typer.Option(help="Which files: GROUP_company.csv and so on.")]
CardFile = Annotated[Path, typer.Option("--card", help="The card to write (JSON).")]
Saved = Annotated[Path | None, typer.Option("--card", help="A saved card (JSON), else the product's own.")]
AsOf = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of a month.")]
Repeats = Annotated[int, typer.Option(min=1, help="Repeated five-fold cross-validations.")]
Tendency = Annotated[
    float | None,
    typer.Option(min=1e-5, max=0.99999, help="Move PDs to a bank's own long-run rate of default."),
]
TOTAL = 100_000_000


@app.callback()
def _needed(context: typer.Context) -> None:
    if context.invoked_subcommand != "compare" and importlib.util.find_spec("optbinning") is None:
        raise InvalidRequest("this command needs the extra: pip install 'taxlink[model]'")


def _stepping(bar: Progress, what: str, steps: int) -> Callable[[], None]:
    task = bar.add_task(what, total=steps)
    return lambda: bar.advance(task)


@app.command("fit")
def fit(
    folder: Folder,
    card: CardFile,
    version: str = "fitted-2",
    group: Group = "labelled",
    central_tendency: Tendency = None,
) -> None:
    """Fit a card on firms with outcomes, at both dates, and save it."""
    from scoring.training import firms, study
    from scoring.training.fit import card as fitted

    done = fitted(study.samples_of(firms.read(folder, group)), version, study.SEED)
    done = done if central_tendency is None else done.towards(central_tendency)
    done.save(card)
    columns = {key: round(line.coefficient, 3) for key, line in done.lines.items()}
    show({"version": done.version, "sha256": done.sha256, "coefficients": columns}, as_json=True)


@app.command("validate")
def validate(
    folder: Folder,
    card: Saved = None,
    group: Group = "labelled",
    as_of: AsOf = datetime(2020, 1, 31),
    before: Annotated[
        Path | None, typer.Option(help="Folder of the firms that drift is measured from.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write model-card.md and model-card.json here.")] = None,
    central_tendency: Tendency = None,
    as_json: Json = False,
) -> None:
    """Score firms with outcomes by a saved card: discrimination, calibration, drift, model card."""
    from scoring.fitted import OWN, load
    from scoring.training import firms, study, validation
    from scoring.training.sample import measured

    saved, sample = load(card or OWN), measured(firms.read(folder, group), as_of.date())
    saved = saved if central_tendency is None else saved.towards(central_tendency)
    found = validation.validate(saved, sample, study.SEED)
    page = validation.model_card(saved, [found])
    if before is not None:
        earlier = measured(firms.read(before, "labelled"), as_of.date())
        page += "\n## Drift\n\n" + validation.drift_table(validation.drifts(saved, earlier, sample)) + "\n"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "model-card.md").write_text(page, encoding="utf-8")
        (out / "model-card.json").write_text(found.model_dump_json(indent=2), encoding="utf-8")
    if as_json:
        show(found.model_dump(mode="json"), as_json)
    else:
        screen.print(Markdown(page))


@app.command("portfolio")
def portfolio(folder: Folder, card: Saved = None, total: float = TOTAL) -> None:
    """Lend a total over the firms without outcomes: by policy, in equal parts, at best."""
    from scoring.fitted import OWN, load
    from scoring.training import report

    with Progress(console=screen, transient=True) as bar:
        section = report.portfolio_of(folder, load(card or OWN), total, _stepping(bar, "deciding", 302))
    screen.print(Markdown(section))


@app.command("report")
def report(
    folder: Folder,
    loans: Annotated[Path | None, typer.Option(help="Folder of sba_case.csv.gz.")] = None,
    page: Annotated[Path, typer.Option(help="The page whose section Results is written.")] = Path(
        "docs/model.md"
    ),
    repeats: Repeats = 20,
) -> None:
    """Write the section Results of docs/model.md from the data."""
    from scoring.training import page as pages
    from scoring.training import report, study

    with Progress(console=screen, transient=True) as bar:
        section = report.results(
            folder, loans, repeats, _stepping(bar, "cross-validating", study.steps(repeats))
        )
    pages.rewrite(page, section)
    screen.print(f"{page}: written")


@app.command("compare")
def compare(
    most: Annotated[int, typer.Option(min=2, help="Newest ones looked at.")] = 1000,
) -> None:
    """Champion and challenger on the newest live scores: agreement and swap set."""
    from scoring import comparison
    from scoring.result import ScoreResult

    with workshop(Settings.from_environment(), "cli") as shop:
        ids, results = [], []
        for each in shop.ledger.listing(tenant=None, state=None, limit=most, after=None):
            held = shop.casefile.score(each.id)
            if held is not None:
                ids.append(each.id)
                results.append(ScoreResult.model_validate_json(shop.vault.unseal(held["result_ref"])))
    found = asdict(comparison.compare(results))
    for side in ("swapped_in", "swapped_out"):
        found[side] = [ids[place] for place in found[side]]
    show(found, as_json=True)
