"""The section "Results" of docs/model.md, written from the data by one command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scoring.fitted import FittedCard
from scoring.policy.loader import load
from scoring.training import expert, firms, loans
from scoring.training.fit import card as fitted
from scoring.training.measures import Estimate
from scoring.training.page import HEADING, reliability, table
from scoring.training.portfolio import Borrower, Market, Plan, by_grade, churn
from scoring.training.sample import measured, outcomes
from scoring.training.sensitivity import ACCEPTED, WORSE, inference, lost_of_sources, lost_of_submodels
from scoring.training.study import BASELINE, CARD, DATES, EXPERT, SEED, Study, samples_of, study
from scoring.training.validation import probabilities

ORDER = (BASELINE, "sales refitted", EXPERT, CARD, "LightGBM", "EBM")
MILLION = 1e6
TOTAL = 100 * MILLION


def results(folder: Path, loan_folder: Path | None, repeats: int, done: Callable[[], None]) -> str:
    """The whole section. Reads the labelled and unlabelled firms, and the loans where there are any."""
    known = firms.read(folder, "labelled")
    parts = [
        HEADING,
        "Written by `taxlink model report FOLDER --loans FOLDER` from files that are not in this repository.",
        labelled(study(known, seed=SEED, repeats=repeats, done=done)),
    ]
    parts.append(rests_on(known, firms.read(folder, "unlabelled"), repeats))
    if loan_folder is not None:
        columns, bad = loans.read(loan_folder)
        parts.append(lent(loans.compare(columns, bad, SEED), len(bad), int(bad.sum()), SEED))
    card = fitted(samples_of(known), "fitted-2", SEED)
    parts.append(portfolio_of(folder, card, TOTAL, lambda: None))
    return "\n\n".join(parts) + "\n"


def portfolio_of(folder: Path, card: FittedCard, total: float, done: Callable[[], None]) -> str:
    """The portfolio's part, for the firms without outcomes."""
    unknown, day = firms.read(folder, "unlabelled"), DATES[0]
    decisions = expert.results(unknown, day, done)
    pds = probabilities(card, measured(unknown, day))
    borrowers = [
        Borrower(code, each.grade, float(pd), each.limit.indicative_fen / 100, each.rate.annual_rate)
        for code, each, pd in zip(unknown.codes, decisions, pds, strict=True)
        if each.grade is not None and each.rate.annual_rate is not None
    ]
    market = Market(borrowers, churn(folder / "rate_churn.csv"), load().rate)
    plans = {
        "policy": market.by_policy(total),
        "equal parts": market.equal(total),
        "linear programme, policy's limits": market.best(total, limits=True),
        "linear programme, 1 million a firm": market.best(total, limits=False),
    }
    return portfolio(market, plans, total)


def labelled(study: Study) -> str:
    """Discrimination, calibration and columns, on the labelled firms."""
    parts = [
        f"### {study.firms} firms with outcomes ({study.bads} defaulted)",
        "Real invoices and real outcomes (CUMCM 2020-C); credit ratings are not read. Each firm's"
        f" risk is the mean of {study.repeats} five-fold cross-validations, split by firm, in which it"
        " was kept back; columns, bins and coefficients are chosen inside each fold. Sales alone and"
        " the expert card are fitted to nothing. Intervals: 95%, 2,000 bootstrap samples of firms,"
        f" seed {study.seed}. p: DeLong, against sales alone. No probability here is calibrated to any"
        " bank's book. AUC is over pairs that one fit has kept back, as a saved card is used: risks of"
        " different folds have no common scale, and mixing them (the column *all folds in one*, and KS) takes"
        " from whatever is fitted, even from sales refitted (Forman and Scholz 2010; Airola et al. 2011). The"
        " card's form (size held, all columns of the right sign by rank, pulled hard to 0) was settled after"
        " comparing some fifteen variants on these same firms: its figures flatter it by that much.",
    ]
    for day, standings in study.standings.items():
        rows = [
            [
                name,
                *(str(standings[name].figures[key]) for key in ("auc", "gini", "ks", "pooled")),
                *(
                    ["", ""]
                    if name == BASELINE
                    else [str(standings[name].difference), f"{standings[name].p:.2f}"]
                ),
            ]
            for name in ORDER
        ]
        header = [
            "as of " + day.isoformat(),
            "AUC",
            "Gini",
            "KS",
            "AUC of all folds in one",
            "AUC less sales alone",
            "p",
        ]
        parts.append(table(header, rows))
        parts.append(_verdict(standings[CARD].difference))
    parts += [_calibration(study), *_columns(study)]
    return "\n\n".join(parts)


def _verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return "The fitted card beats sales alone."
    if difference.value > 0:
        return "The fitted card lies above sales alone by less than its own uncertainty."
    return "The fitted card does not beat sales alone."


def _calibration(study: Study) -> str:
    rows = [
        [
            day.isoformat(),
            f"{one.intercept:.2f}",
            f"{one.slope:.2f}",
            f"{one.brier:.3f}",
            f"{one.brier_of_rate:.3f}",
        ]
        for day, one in study.calibration.items()
    ]
    header = ["fitted card, out of fold", "intercept (0)", "slope (1)", "Brier", "Brier of the mean rate"]
    first = next(iter(study.calibration.values()))
    return table(header, rows) + "\n\n" + reliability(first)


def _columns(study: Study) -> Sequence[str]:
    days = [day.isoformat() for day in study.standings]
    return (
        "Columns that add to size with the catalogue's sign at both dates (score statistic beside ln"
        " sales; over 1.96 would be significant alone, and 60 columns are looked at):",
        table(["column", *days], [[name, *(f"{z:.2f}" for z in zs)] for name, zs in study.adds.items()]),
        "Columns that contradict their sign beside size at both dates; the fitted card cannot take them:",
        table(
            ["column", *days], [[name, *(f"{z:.2f}" for z in zs)] for name, zs in study.contradicted.items()]
        ),
        "Weight above 0 in the fitted card, share of folds: "
        + ", ".join(f"`{name}` {share:.0%}" for name, share in list(study.taken.items())[:16])
        + ".",
    )


def rests_on(known: firms.Firms, unknown: firms.Firms, repeats: int) -> str:
    """Ablation and reject inference."""
    samples = samples_of(known)
    others = [measured(unknown, each.as_of).only(samples[0].columns) for each in samples]
    bad, day = outcomes(samples[0]), samples[0].as_of
    submodels = lost_of_submodels(expert.results(known, day), bad, SEED)
    sources = lost_of_sources(known, SEED, repeats)
    ways = inference(samples, others, SEED, repeats)
    return "\n\n".join(
        [
            f"### What the figures rest on ({day.isoformat()})",
            "AUC lost without a sub-model (its weight goes to the others) and without a source; below 0, AUC"
            " gained. Intervals as above; one that holds 0 shows nothing. Sub-models that have no data here"
            " cannot be ablated, nor can a loss in yuan.",
            table(["expert card without", "AUC lost"], [[f"`{k}`", str(v)] for k, v in submodels.items()]),
            table(
                ["without", "AUC lost, expert card", "AUC lost, fitted card"],
                [[name, str(ours), str(theirs)] for name, (ours, theirs) in sources.items()],
            ),
            "Reject inference: no file tells who was turned away. The firms without outcomes stand for them,"
            " as a sensitivity: fuzzy augmentation counts each as a part of a bad and a part of a good,"
            f" parcelling draws outcomes at {WORSE:g} times the odds of like firms, and the bounds call"
            " all good or all bad. No way learns from an outcome that nobody saw; each repeats what it"
            " assumes (Hand and Henley 1993). The card is the first row.",
            table(
                ["firms without outcomes", "AUC on known firms", "mean PD, known", "mean PD, unknown"],
                [
                    ["left out" if way == ACCEPTED else way, f"{area:.3f}", f"{one:.3f}", f"{other:.3f}"]
                    for way, (area, one, other) in ways.items()
                ],
            ),
        ]
    )


def lent(found: Mapping[str, tuple[Estimate, float, float]], firms: int, bads: int, seed: int) -> str:
    """The harness on many outcomes."""
    rows = [[name, str(area), f"{less:+.3f}", f"{p:.2g}"] for name, (area, less, p) in found.items()]
    return (
        f"### {firms:,} loans with outcomes ({bads} defaulted)\n\nReal loans of the US SBA,"
        f" California; five folds, seed {seed}. The same binning and regression, without directions,"
        " against optbinning's own scorecard. Columns known only after the outcome, and the two that"
        " it marks (`Term`, `Recession`), are not read.\n\n"
        + table(["", "AUC", "less optbinning", "p (DeLong)"], rows)
    )


def portfolio(market: Market, plans: Mapping[str, Plan], total: float) -> str:
    """What a sum lent over the unlabelled firms is expected to bring."""
    rows = [
        [name, grade, str(firms), _m(offered), f"{rate:.2%}", _m(earned), _m(lost)]
        for name, plan in plans.items()
        for grade, (firms, offered, rate, earned, lost) in by_grade(market, plan).items()
        if offered > 0
    ]
    header = ["plan", "grade", "firms", "offered", "rate", "expected return", "expected loss"]
    return (
        f"### {len(market.borrowers)} firms without outcomes, {total / MILLION:.0f} million"
        " yuan\n\nMillion yuan for a year, as of 2020-01-31. Limit, rate and grade are what the"
        " policy's caps and tables give on invoices alone (`indicative_fen`: hard controls without"
        " data would refer or decline, and are left aside); PD is the fitted card's, uncalibrated;"
        " lost customers from `rate_churn.csv` (A for G1, B for G2 and G3, C for G4 and G5: an"
        " assumption). Expected return is after expected loss, funding and operating cost.\n\n"
        + table(header, rows)
    )


def _m(yuan: float) -> str:
    return f"{yuan / MILLION:.3f}"
