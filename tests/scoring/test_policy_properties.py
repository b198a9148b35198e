"""What may never help: more debt, an added adverse record. And every gap in the sources."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.dataset import Dataset, Missing
from schema.snapshot import TABLES_OF
from scoring.context import Context
from scoring.decision import Decision, score
from scoring.policy.loader import load
from scoring.result import ScoreResult
from tests.scoring.firms import AS_OF, ASKED, DECIDED, snapshot, table
from tests.scoring.rich_firm import rich_context, rich_tables

RICH = rich_tables()
CONTEXT = rich_context()
POLICY = load()
few = settings(max_examples=8, deadline=None)
CORE = (
    *(Dataset.TAXPAYER, Dataset.TAX_CREDIT_RATING, Dataset.TAX_RETURN, Dataset.TAX_PAYMENT),
    *(Dataset.INVOICE, Dataset.BANK_TRANSACTION, Dataset.CREDIT_REPORT, Dataset.FINANCIAL_STATEMENT),
)
"""The eight core sources of the portals, the accounts, the bureau and the books."""


def decide(tables: dict[str, pl.DataFrame], context: Context = CONTEXT, **changes: Any) -> ScoreResult:
    return score(snapshot(tables, **changes), application=ASKED, context=context, decided_at=DECIDED)


@cache
def as_it_is() -> ScoreResult:
    return decide(RICH)


def day(months: int) -> date:
    return AS_OF - timedelta(days=30 * months + 3)


ADVERSE: dict[str, tuple[str, dict[str, Any]]] = {
    "a case as defendant": (
        "judicial_case",
        {"case_number": "x", "party": "company", "role": "defendant", "cause": "sale", "kind": "civil",
        "amount_fen": 10**7},
    ),
    "a dispute over a loan": (
        "judicial_case",
        {"case_number": "y", "party": "company", "role": "defendant", "cause": "financial_loan",
        "kind": "civil", "amount_fen": 10**6},
    ),
    "an enforcement": (
        "enforcement", {"case_number": "x", "party": "company", "kind": "executed", "amount_fen": 10**7}
    ),
    "dishonesty": ("enforcement", {"case_number": "x", "party": "company", "kind": "dishonest"}),
    "an owner's limit on spending": (
        "enforcement", {"case_number": "x", "party": "owner", "kind": "consumption_limit"}
    ),
    "a tax violation": ("tax_violation", {"violation_id": "x", "kind": "violation", "state": "open"}),
    "an inspection": ("tax_violation", {"violation_id": "x", "kind": "inspection", "state": "open"}),
    "a late fee": ("tax_payment", {"category": "vat", "nature": "late_fee", "amount_fen": 50_000}),
    "a fine": ("tax_payment", {"category": "vat", "nature": "fine", "amount_fen": 200_000}),
    "an entry of abnormal operation": ("registration_adverse", {"kind": "abnormal_list"}),
    "a penalty": ("registration_adverse", {"kind": "admin_penalty", "amount_fen": 10**6}),
}  # fmt: skip
"""Record, its table and its row."""


def with_record(name: str, months: int, times: int = 1) -> ScoreResult:
    """The rich firm with a record some months old."""
    place, row = ADVERSE[name]
    added = table(place, [row | {"event_date": day(months)}] * times)
    return decide(RICH | {place: pl.concat([RICH[place], added])})


@pytest.mark.parametrize("name", ADVERSE)
def test_a_fresh_adverse_record_costs_points(name: str) -> None:
    worse, before = with_record(name, 1), as_it_is()
    assert worse.score is not None
    assert before.score is not None
    assert worse.score < before.score


@pytest.mark.parametrize("name", ADVERSE)
@few
@given(months=st.integers(0, 40), times=st.integers(1, 3))
def test_an_added_adverse_record_never_helps(name: str, months: int, times: int) -> None:
    worse, before = with_record(name, months, times), as_it_is()
    assert worse.score is not None
    assert before.score is not None
    assert worse.score <= before.score
    assert worse.limit.indicative_fen <= before.limit.indicative_fen
    assert before.decision is Decision.APPROVE


@few
@given(yuan=st.integers(0, 20_000_000), more=st.integers(1, 20_000_000), service=st.integers(0, 10_000_000))
def test_more_debt_never_raises_the_limit(yuan: int, more: int, service: int) -> None:
    def owing(debt: int) -> int:
        known = replace(
            CONTEXT, operating_debt_fen=debt * 100, annual_service_fen=(service + debt // 10) * 100
        )
        return decide(RICH, known).limit.indicative_fen

    assert owing(yuan + more) <= owing(yuan)


@pytest.mark.parametrize("product", POLICY.products)
def test_every_product_is_decided_with_and_without_its_data(product: str) -> None:
    asked = ASKED.model_copy(update={"product": product})
    whole = score(snapshot(RICH), application=asked, context=CONTEXT, decided_at=DECIDED)
    assert whole.decision is Decision.APPROVE
    assert whole.model == POLICY.products[product].model
    assert {name for name, one in whole.submodels.items() if one.weight} <= POLICY.models[
        whole.model
    ].weights.keys()
    nothing = score(snapshot({}), application=asked, context=Context(), decided_at=DECIDED)
    assert nothing.decision is not Decision.APPROVE
    assert nothing.reasons


@pytest.mark.parametrize("size", range(len(CORE) + 1))
def test_all_combinations_of_missing_core_sources_are_decided_with_reasons(size: int) -> None:
    """The 2^8 of them: a decision or a referral, with reasons; what is missing is told as missing, and only a
    declined or unsized application has a limit of zero."""
    for gone in itertools.combinations(CORE, size):
        tables = {
            name: frame
            for name, frame in RICH.items()
            if not any(name in TABLES_OF[dataset] for dataset in gone)
        }
        result = decide(tables, missing=dict.fromkeys(gone, Missing.NOT_AUTHORISED))
        assert result.reasons, gone
        assert result.customer_reasons, gone
        if result.limit.limit_fen == 0:
            assert result.decision is Decision.DECLINE or result.limit.source is None, gone
        if Dataset.INVOICE in gone:
            assert result.missing["out_amt_12m"] is Missing.NOT_AUTHORISED
        if Dataset.TAX_RETURN in gone or Dataset.TAX_CREDIT_RATING in gone:
            assert result.decision is not Decision.APPROVE, gone
        assert all(one.score is None or one.coverage > 0 for one in result.submodels.values())
