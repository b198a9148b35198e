"""The fraud graph on made-up firms: each rule finds what it is for, says on which rows, and stays quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from bench.fraud import table as figures
from bench.fraud import tried
from schema.dataset import Dataset, Missing
from schema.period import add_months
from schema.snapshot import Snapshot
from scoring.context import Context, Edge
from scoring.facts import Facts, everything
from scoring.fraud.examine import RULES, examine, examine_all
from scoring.fraud.finding import Examination, Finding
from scoring.fraud.terms import load as terms
from scoring.inputs.batch import gather
from scoring.policy.loader import load
from scoring.training.firms import Firms
from tests.scoring.firms import AS_OF, DECIDED, ME, invoice, snapshot, table, uscc
from tests.scoring.rich_firm import rich_context, rich_tables

OTHER, THIRD, STRANGER = uscc(2), uscc(3), uscc(77)


def trade(me: str = ME, seed: int = 1, months: int = 24, yuan: float = 20_000) -> list[dict[str, Any]]:
    """Two years of ordinary business: ten customers and three suppliers, sums of every size."""
    random, rows = Random(seed), []
    for month in range(months):
        for number in range(12):
            day = add_months(AS_OF, -month).replace(day=random.randint(1, 28))
            customer, amount = uscc(100 + random.randrange(10)), yuan * random.lognormvariate(0, 0.8)
            key = month * 100 + number
            rows.append(invoice(key, day, amount, seller_id=me, buyer_id=customer))
            if number < 4:
                bought = {"direction": "in", "seller_id": uscc(200 + number % 3), "buyer_id": me}
                rows.append(invoice(key + 50, day, amount * 2, **bought))
    return rows


def firm(rows: list[dict[str, Any]], me: str = ME) -> Snapshot:
    return replace(snapshot({"invoice": table("invoice", rows)}), taxpayer_id=me)


def examined(rows: list[dict[str, Any]], context: Context | None = None) -> Examination:
    return examine(Facts(firm(rows), context or Context(), DECIDED, load().measurement))


def found(result: Examination) -> dict[str, Finding]:
    return {each.rule: each for each in result.findings}


def sold(
    number: int, buyer: str, yuan: float, days_ago: int, seller: str = ME, **more: Any
) -> dict[str, Any]:
    day = AS_OF - timedelta(days=days_ago)
    return invoice(90_000 + number, day, yuan, seller_id=seller, buyer_id=buyer, **more)


def test_ordinary_trade_gives_no_finding_and_every_rule_answers() -> None:
    result = examined(trade())
    assert not result.findings
    assert result.figures.keys() | result.missing.keys() == RULES.keys()
    assert result.missing["flows"] is Missing.NOT_AUTHORISED, "nobody asked for returns and statements"


def test_mutual_trade_is_found_with_the_invoices_of_both_directions() -> None:
    rows = [
        *trade(),
        sold(1, STRANGER, 900_000, 40),
        sold(2, ME, 800_000, 30, seller=STRANGER, direction="in", raw_ref="raw1", pointer="/rows/7"),
    ]
    finding = found(examined(rows))["mutual"]
    assert finding.parties == (STRANGER,)
    assert {each.direction for each in finding.evidence} == {"in", "out"}
    assert ("raw1", "/rows/7") in {(each.raw_ref, each.pointer) for each in finding.evidence}
    whole = sum(row["amount_fen"] for row in rows if row["direction"] == "out" and recent(row))
    assert finding.figure == pytest.approx(80_000_000 / whole)


def recent(row: dict[str, Any]) -> bool:
    return bool(row["issued_at"].date() > add_months(AS_OF, -12))


def test_a_circle_over_two_other_firms_is_found_from_what_the_bank_knows_of_them() -> None:
    rows = [*trade(), sold(1, OTHER, 900_000, 40), sold(2, ME, 850_000, 20, THIRD, direction="in")]
    assert "loop" not in found(examined(rows))
    edge = Edge(OTHER, THIRD, 88_000_000, AS_OF - timedelta(days=30))
    finding = found(examined(rows, Context(edges=(edge,))))["loop"]
    assert finding.parties == (OTHER, THIRD)
    assert {each.party for each in finding.evidence} == {OTHER, THIRD}
    old = replace(edge, event_date=add_months(AS_OF, -13))
    assert "loop" not in found(examined(rows, Context(edges=(old,)))), "a sale of another year closes nothing"


def test_a_circle_among_firms_of_one_batch_shows_at_each_of_them() -> None:
    ring = [ME, OTHER, THIRD]
    books = {me: trade(me, seed) for seed, me in enumerate(ring)}
    for number, seller in enumerate(ring):
        buyer = ring[(number + 1) % 3]
        books[seller].append(sold(number, buyer, 500_000, 50, seller))
    snapshots = [firm(rows, me) for me, rows in books.items()]
    batch = gather(snapshots, [Context()] * 3, DECIDED, load().measurement)
    for result in examine_all(batch, everything(batch)):
        assert found(result)["loop"].detail["circles"] == 1


def test_sales_are_netted_and_no_yuan_closes_two_circles() -> None:
    edges = tuple(
        Edge(seller, buyer, 50_000_000, AS_OF - timedelta(days=9))
        for seller, buyer in ((OTHER, uscc(4)), (OTHER, uscc(5)), (uscc(4), THIRD), (uscc(5), THIRD))
    )
    rows = [*trade(), sold(1, OTHER, 600_000, 40), sold(2, ME, 5_000_000, 20, THIRD, direction="in")]
    result = examined(rows, Context(edges=edges))
    whole = sum(row["amount_fen"] for row in rows if row["direction"] == "out" and recent(row))
    assert result.figures["loop"] == pytest.approx(60_000_000 / whole), "the first sale carries no more"


def test_a_new_customer_of_few_large_whole_invoices_looks_like_a_shell() -> None:
    whole = [sold(n, STRANGER, 0, 10 + n, amount_fen=50_000_000, total_fen=56_500_000) for n in range(4)]
    finding = found(examined([*trade(), *whole]))["shell"]
    assert finding.parties == (STRANGER,)
    assert finding.rows == 4
    usual = [sold(n, uscc(101), 0, 10 + n, amount_fen=50_000_000, total_fen=56_500_000) for n in range(4)]
    assert "shell" not in found(examined([*trade(), *usual])), "an old customer is none"


def test_splitting_is_found_when_it_begins_and_not_where_it_is_the_custom() -> None:
    def pieces(days: range) -> list[dict[str, Any]]:
        return [sold(day * 10 + n, STRANGER, 98_000, day, has_time=False) for day in days for n in range(5)]

    finding = found(examined([*trade(), *pieces(range(5, 80, 9))]))["split"]
    assert finding.detail["usual"] < 0.05
    assert all(each.amount_fen == 9_800_000 for each in finding.evidence)
    assert "split" not in found(examined([*trade(), *pieces(range(5, 440, 9))]))


def test_a_surge_that_comes_every_year_is_a_season() -> None:
    rows = trade()
    now = [sold(n, uscc(100 + n % 10), 60_000, n + 1) for n in range(50)]
    assert "surge" in found(examined([*rows, *now]))
    then = [sold(500 + n, uscc(100 + n % 10), 60_000, n + 367) for n in range(50)]
    assert "surge" not in found(examined([*rows, *now, *then]))


def test_goods_sold_that_were_never_bought_are_found_by_their_tax_class() -> None:
    rows = trade()
    classes = {"out": "1080304010000000000", "in": "1090203000000000000"}
    lines = [
        {"invoice_key": row["invoice_key"], "line": 1, "tax_class": classes[row["direction"]],
         "item_name": "货物", "amount_fen": row["amount_fen"], "tax_fen": row["tax_fen"]}
        for row in rows
    ]  # fmt: skip
    tables = {"invoice": table("invoice", rows), "invoice_line": table("invoice_line", lines)}
    result = examine(Facts(snapshot(tables), Context(), DECIDED, load().measurement))
    finding = found(result)["goods"]
    assert finding.figure == 1
    assert {each.direction for each in finding.evidence} == {"out"}


def test_digits_need_enough_invoices_and_both_tests() -> None:
    few = examined(trade())
    assert few.missing["digits"] is Missing.INSUFFICIENT
    nines = [sold(n, uscc(100 + n % 10), 9_000 + n, n % 360) for n in range(400)]
    finding = found(examined(nines))["digits"]
    assert finding.detail["digit"] == 9
    assert finding.detail["chi2"] > terms().digits.critical


def test_findings_are_told_in_both_languages_with_figure_and_threshold() -> None:
    rows = [*trade(), sold(1, STRANGER, 900_000, 40), sold(2, ME, 800_000, 30, STRANGER, direction="in")]
    finding = found(examined(rows))["mutual"]
    assert f"{finding.figure:.1%}" in finding.zh
    assert "3%" in finding.en


def test_row_order_changes_nothing() -> None:
    rows = [*trade(), sold(1, STRANGER, 900_000, 40), sold(2, ME, 800_000, 30, STRANGER, direction="in")]
    mixed = rows.copy()
    Random(3).shuffle(mixed)
    assert examined(mixed) == examined(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [invoice(1, AS_OF, 10)],
        [invoice(1, AS_OF, 10, state="void")],
        [invoice(1, AS_OF, -10)],
        [invoice(1, AS_OF, 10, buyer_id=None, buyer_name=None)],
        [invoice(n, date(1930 + n, 5, 1), 10) for n in range(95)],
        [invoice(1, date(2031, 1, 1), 10)],
    ],
)
def test_poor_data_are_not_examined_rather_than_cleared(rows: list[dict[str, Any]]) -> None:
    result = examined(rows)
    assert not result.findings
    assert result.figures.keys() | result.missing.keys() == RULES.keys()


def test_without_invoices_every_rule_gives_the_reason() -> None:
    none = replace(snapshot({}), missing={Dataset.INVOICE: Missing.NOT_AVAILABLE})
    result = examine(Facts(none, Context(), DECIDED, load().measurement))
    assert set(result.missing.values()) == {Missing.NOT_AVAILABLE}


def test_the_injection_experiment_finds_what_it_put_in() -> None:
    codes = tuple(uscc(1000 + number) for number in range(40))
    books = {me: table("invoice", trade(me, seed, 26)) for seed, me in enumerate(codes)}
    rows = tried(Firms(codes, None, books, "0" * 64), AS_OF, [1])
    put = {(each.kind, each.rate): each for each in rows if each.kind}
    for kind, rate in (("mutual", 0.2), ("loop", 0.2), ("surge", 8.0)):
        assert kind in put[kind, rate].found
    untouched = [each for each in rows if each.kind is None]
    assert sum(bool(each.found) for each in untouched) <= len(untouched) // 5
    assert "| loop | 20% | 3 | 100%" in figures(rows)


def test_three_flows_are_compared_and_unmatched_customers_are_the_evidence() -> None:
    result = examine(Facts(snapshot(rich_tables()), rich_context(), DECIDED, load().measurement))
    finding = found(result)["payers"]
    assert finding.figure == pytest.approx(1 - 0.157, abs=0.01)
    assert finding.rows > 0
    assert finding.parties
    assert 1 <= result.figures["flows"] < terms().flows.threshold
