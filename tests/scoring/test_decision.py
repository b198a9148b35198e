"""The decision as a whole: properties, bad input, what the customer may read."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.dataset import Dataset, Missing
from schema.snapshot import Snapshot
from scoring.context import Context
from scoring.decision import Application, Decision, score
from scoring.decision import decide as decide_measured
from scoring.facts import together
from scoring.indicators import CATALOGUE
from scoring.policy.loader import load
from scoring.result import Effect, ScoreResult, Status
from tests.scoring.firms import AS_OF, ASKED, DECIDED, FOUR, Rows, invoice, snapshot, table, uscc
from tests.scoring.rich_firm import rich_context, rich_tables

RICH = rich_tables()
CONTEXT = rich_context()
BARE = {name: RICH[name] for name in ("taxpayer", "tax_credit_rating", "invoice", "invoice_line")}
"""Invoices alone size the limit, so that whatever moves them shows."""
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def decide(tables: dict[str, pl.DataFrame], context: Context = CONTEXT, **changes: Any) -> ScoreResult:
    return score(snapshot(tables, **changes), application=ASKED, context=context, decided_at=DECIDED)


@pytest.fixture(scope="module")
def rich() -> ScoreResult:
    return decide(RICH)


def test_a_sound_firm_is_approved_with_everything_that_explains_it(rich: ScoreResult) -> None:
    assert rich.decision is Decision.APPROVE
    assert rich.calibrated is False
    assert rich.policy_version
    assert len(rich.policy_hash) == 64
    assert rich.score is not None
    assert 0 <= rich.score <= 1000
    assert rich.limit.limit_fen > 0
    assert rich.limit.binding in rich.limit.caps
    assert len(rich.indicators) == sum(len(entry.columns) for entry in CATALOGUE.values())
    assert rich.missing.keys() == {key for key, value in rich.indicators.items() if value is None}


def test_a_firm_measured_with_others_is_decided_as_it_is_alone() -> None:
    asked = dataclasses.replace(Context(), requested_fen=ASKED.requested_amount_fen)
    kinds = [(snapshot(RICH), CONTEXT), (snapshot(BARE), asked), (snapshot({}), asked)]
    kinds = [(held, dataclasses.replace(known, requested_fen=asked.requested_fen)) for held, known in kinds]
    firms = [kinds[place % 3] for place in range(11)]  # more than the vectors of a processor are wide
    measured = together(
        [held for held, _ in firms], [known for _, known in firms], DECIDED, load().measurement
    )
    found = [decide_measured(facts, ASKED, load()).model_dump_json() for facts in measured]
    alone = [score(held, application=ASKED, context=known, decided_at=DECIDED) for held, known in kinds]
    assert found == [alone[place % 3].model_dump_json() for place in range(11)]


def test_a_result_survives_json(rich: ScoreResult) -> None:
    assert ScoreResult.model_validate_json(rich.model_dump_json()) == rich


def test_contributions_add_up_to_the_score(rich: ScoreResult) -> None:
    assert sum(one.contribution for one in rich.submodels.values()) == pytest.approx(rich.score, abs=0.1)
    assert sum(one.weight for one in rich.submodels.values()) == pytest.approx(1)


@quick
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in RICH.items()}
    assert decide(shuffled) == decide(RICH)


@quick
@given(days=st.integers(1, 400), yuan=st.floats(-1e6, 1e7), state=st.sampled_from(["valid", "void"]))
def test_a_future_row_changes_nothing(days: int, yuan: float, state: str) -> None:
    later = AS_OF + timedelta(days=days)
    future: dict[str, Rows] = {
        "invoice": [invoice(10**6, later, yuan, state=state)],
        "tax_payment": [{"category": "vat", "nature": "tax", "event_date": later, "amount_fen": 10**9}],
        "bank_transaction": [
            {"event_date": later, "direction": "in", "amount_fen": 10**9, "counterparty_name": "甲",
            "operating": True}
        ],
        "tax_credit_rating": [{"year": 2024, "grade": "D", "event_date": later}],
        "tax_return": [
            {"return_id": "f", "form": "vat_general", "period_start": date(2024, 6, 1), "period_end": AS_OF,
            "event_date": later}
        ],
        "tax_return_line": [{"return_id": "f", "line": "1", "column": "current", "amount_fen": 10**9}],
    }  # fmt: skip
    more = {name: pl.concat([frame, table(name, future.get(name, []))]) for name, frame in RICH.items()}
    assert decide(more) == decide(RICH)


def decide_bare(changes: dict[str, pl.DataFrame]) -> ScoreResult:
    """Decided on invoices alone, with nothing in the way."""
    known = Context(doc_tamper=False, authorisation_expires=date(2025, 1, 1))
    return decide(BARE | changes, known, missing={Dataset.TAX_RETURN: Missing.NOT_AVAILABLE})


def test_invoices_alone_size_the_bare_firm() -> None:
    bare = decide_bare({})
    assert bare.decision is Decision.REFER
    assert bare.limit.binding == "L_inv"
    assert bare.limit.limit_fen > 0


@quick
@given(
    age=st.integers(0, 23),
    yuan=st.floats(1, 1e6),
    direction=st.sampled_from(["out", "in"]),
    count=st.integers(1, 9),
)
def test_more_void_invoices_never_raise_the_limit(age: int, yuan: float, direction: str, count: int) -> None:
    day = date(2024, 6, 10) - timedelta(days=30 * age)
    void = [
        invoice(10**6 + number, day, yuan, direction=direction, state="void", medium="tax_control")
        for number in range(count)
    ]
    worse = decide_bare({"invoice": pl.concat([RICH["invoice"], table("invoice", void)])})
    assert worse.limit.limit_fen <= decide_bare({}).limit.limit_fen


def _reversed(share: float) -> pl.DataFrame:
    """A red invoice of a share of every valid blue sale of the last year, the day after."""
    year = RICH["invoice"].filter(
        (pl.col("direction") == "out") & (pl.col("state") == "valid") & (pl.col("amount_fen") > 0)
        & (pl.col("issued_at") > pl.datetime(2023, 7, 1))
    )  # fmt: skip
    return year.with_columns(
        pl.col("invoice_key") + "-red",
        pl.col("number").alias("original_number"),
        pl.min_horizontal(pl.col("issued_at") + pl.duration(days=1), pl.lit(AS_OF)).alias("issued_at"),
        *(-(pl.col(name) * share).cast(pl.Int64) for name in ("amount_fen", "tax_fen", "total_fen")),
    )


@quick
@given(share=st.floats(0.01, 0.9), more=st.floats(0.01, 0.09))
def test_more_red_invoices_never_raise_the_limit(share: float, more: float) -> None:
    some, worse = (
        decide_bare({"invoice": pl.concat([RICH["invoice"], _reversed(part)])})
        for part in (share, share + more)
    )
    assert worse.limit.limit_fen <= some.limit.limit_fen <= decide_bare({}).limit.limit_fen


@quick
@given(merged=st.integers(1, 10))
def test_more_concentration_never_raises_the_limit(merged: int) -> None:
    def after(count: int) -> int:
        one, others = (
            uscc(100, "310100"),
            [uscc(100 + n, "330100" if n % 3 else "310100") for n in range(count + 1)],
        )
        into = (
            pl.when(pl.col("buyer_id").is_in(others))
            .then(pl.lit(one))
            .otherwise("buyer_id")
            .alias("buyer_id")
        )
        return decide_bare({"invoice": RICH["invoice"].with_columns(into)}).limit.limit_fen

    assert after(merged) <= after(merged - 1)


def _without(*gone: Dataset) -> tuple[dict[str, pl.DataFrame], dict[Dataset, Missing]]:
    tables = {name: RICH[name] for dataset, names in FOUR.items() if dataset not in gone for name in names}
    return tables, dict.fromkeys(gone, Missing.NOT_AUTHORISED)


@pytest.mark.parametrize(
    "gone",
    [combination for size in range(5) for combination in itertools.combinations(FOUR, size)],
    ids=str,
)
@pytest.mark.parametrize("context", [Context(), CONTEXT], ids=["alone", "known"])
def test_any_datasets_may_be_missing(gone: tuple[Dataset, ...], context: Context) -> None:
    tables, missing = _without(*gone)
    result = decide(tables, context, missing=missing)
    assert result.reasons
    assert result.customer_reasons
    if gone:
        assert result.decision is not Decision.APPROVE
        assert result.route == "full"
    if Dataset.INVOICE in gone:
        assert result.missing["out_amt_12m"] is Missing.NOT_AUTHORISED
        assert result.limit.caps["L_inv"].skipped is (
            Missing.INSUFFICIENT if result.grade is None else Missing.NOT_AUTHORISED
        )


def _of(rows: Rows) -> dict[str, pl.DataFrame]:
    return {"invoice": table("invoice", rows), "invoice_line": table("invoice_line", [])}


ODD: dict[str, dict[str, pl.DataFrame]] = {
    "nothing at all": {},
    "empty tables": {name: table(name, []) for name in RICH},
    "one invoice": _of([invoice(1, AS_OF, 100)]),
    "all void": _of([invoice(n, AS_OF, 100, state="void", medium="tax_control") for n in range(30)]),
    "only red": _of([invoice(n, AS_OF - timedelta(days=n), -100) for n in range(40)]),
    "zero amounts": _of([invoice(n, AS_OF, 0) for n in range(40)]),
    "future dates": _of([invoice(n, AS_OF + timedelta(days=n + 1), 100) for n in range(40)]),
    "no counterparties": _of([invoice(n, AS_OF, 9, buyer_id=None, buyer_name=None) for n in range(40)]),
    "no amounts": _of([invoice(n, AS_OF, 9) | {"amount_fen": None, "state": None} for n in range(4)]),
    "no dates": _of([invoice(1, AS_OF, 9) | {"issued_at": None}]),
    "returns without lines": RICH | {"tax_return_line": table("tax_return_line", [])},
    "returns of two months": RICH
    | {"tax_return": RICH["tax_return"].with_columns(pl.col("period_start").dt.offset_by("-1mo"))},
    "books without items": RICH | {"financial_statement": RICH["financial_statement"].head(1)},
    "bank rows unclassified": RICH
    | {"bank_transaction": RICH["bank_transaction"].with_columns(operating=pl.lit(None, pl.Boolean))},
}


@pytest.mark.parametrize("tables", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("context", [Context(), CONTEXT], ids=["alone", "known"])
def test_odd_firms_are_decided_with_reasons(tables: dict[str, pl.DataFrame], context: Context) -> None:
    result = decide(tables, context)
    assert result.reasons
    ScoreResult.model_validate_json(result.model_dump_json())
    if tables.keys() != RICH.keys():
        assert result.decision is not Decision.APPROVE


def test_an_unknown_product_is_referred() -> None:
    asked = Application(requested_amount_fen=10_000_000, term_months=12, product="unheard-of")
    result = score(snapshot(RICH), application=asked, context=CONTEXT, decided_at=DECIDED)
    assert result.decision is Decision.REFER
    assert "DQ05" in [reason.code for reason in result.reasons]


def test_an_unknown_must_is_never_passed(rich: ScoreResult) -> None:
    result = decide(RICH, Context(doc_tamper=False, authorisation_expires=date(2025, 1, 1)))
    unknown = [control for control in result.controls if control.status is Status.UNKNOWN and control.must]
    assert {control.id for control in unknown} == {"K39"}
    assert all(control.effect is Effect.REFER for control in unknown)
    assert result.decision is Decision.REFER


def test_without_a_checked_signature_the_answer_is_no() -> None:
    result = decide(RICH, dataclasses.replace(CONTEXT, doc_tamper=None))
    assert result.decision is Decision.DECLINE
    assert result.limit.limit_fen == 0


def test_fraud_codes_are_never_shown_to_the_customer() -> None:
    tampered = decide(RICH, dataclasses.replace(CONTEXT, doc_tamper=True))
    assert [reason.code for reason in tampered.reasons] == ["HC43"]
    assert [reason.code for reason in tampered.customer_reasons] == ["FR00"]
    for result in (decide(tables, Context()) for tables in ODD.values()):
        shown = {reason.code for reason in result.customer_reasons}
        hidden = {reason.code for reason in result.reasons if not reason.disclose}
        assert not shown & (hidden - {"FR00"})


def test_the_request_bounds_the_limit() -> None:
    asked = Application(requested_amount_fen=10_500_000, term_months=12)
    result = score(snapshot(RICH), application=asked, context=CONTEXT, decided_at=DECIDED)
    assert (result.limit.limit_fen, result.limit.binding) == (10_000_000, "requested")


def test_money_in_the_data_scales_the_caps_that_follow_it() -> None:
    """At the same grade: the share of sales and the multiples of tax are linear in money."""
    scaled = {name: frame.with_columns(pl.col("^.*_fen$") * 2) for name, frame in RICH.items()}
    edges = tuple(dataclasses.replace(edge, amount_fen=2 * edge.amount_fen) for edge in CONTEXT.edges or ())
    one, two = decide(RICH), decide(scaled, dataclasses.replace(CONTEXT, edges=edges))
    assert one.grade == two.grade
    for cap in ("L_tax", "L_inv", "L_flow"):
        small, large = one.limit.caps[cap].amount_fen, two.limit.caps[cap].amount_fen
        assert small is not None
        assert large == pytest.approx(2 * small, abs=2)


def test_a_naive_decision_time_is_refused() -> None:
    plain: Snapshot = snapshot(RICH)
    with pytest.raises(ValueError, match="zone"):
        score(plain, application=ASKED, decided_at=DECIDED.replace(tzinfo=None))
