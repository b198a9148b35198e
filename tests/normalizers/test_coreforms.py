"""Figures of both bureaus' forms come back to the fen at their lines, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalizers import citforms
from normalizers.coreforms import VAT_SCHEDULES, Sheet
from normalizers.registry import normalize
from normalizers.statements import ITEMS, LAYOUTS, words
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, TaxlinkError
from schema.money import yuan
from schema.period import Period
from schema.raw import RawPage
from schema.rows.financial_statement import Statement
from schema.snapshot import Normalized

FEN = st.integers(-(10**13), 10**13)
PERIOD = Period(start=date(2025, 1, 1), end=date(2025, 3, 31))
HEAD = {"skssqq": "2025-01-01", "skssqz": "2025-03-31", "sbrq1": "2025-04-10"}
SALES = VAT_SCHEDULES[0]


def page(family: str, dataset: Dataset, content: bytes) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=PERIOD,
        region="11",
        route=Route.API,
        source_format=f"{family}.{dataset}",
        locator=f"{family}/form",
        sequence=0,
        content=content,
        content_type="text/plain",
        fetched_at=datetime(2025, 5, 1, tzinfo=UTC),
    )


def foresee(code: str, body: Mapping[str, Any]) -> bytes:
    return json.dumps({"ywbm": code, "body": json.dumps(body, ensure_ascii=False, default=float)}).encode()


def xml(name: str, content: Any) -> str:
    if isinstance(content, list):
        return "".join(xml(name, each) for each in content)
    inner = "".join(map(xml, content, content.values())) if isinstance(content, dict) else str(content)
    return f"<{name}>{inner}</{name}>"


def cit(family: str, figures: Mapping[str, int]) -> bytes:
    """A200000 as the family writes it."""
    printed = {key: yuan(fen) for key, fen in figures.items()} | {"slLj": Decimal("0.25")}
    form = {"nsrxxForm": HEAD, "sbbxxForm": printed}
    if family == "servyou":
        return xml("A200000Ywbd", form).encode()
    body = {"fq": {"sssq": {}}, "ht": {"qysdsczzsyjdSbbdxxVO": {"A200000Ywbd": form}}}
    return foresee("qysds_a_18yjd", body)


def lines(family: str, content: bytes) -> dict[str, int]:
    tables = normalize(Dataset.TAX_RETURN, [page(family, Dataset.TAX_RETURN, content)], ["raw/0"]).tables
    assert tables["tax_return"].height == 1
    return dict(tables["tax_return_line"].select("line", "amount_fen").iter_rows())


@pytest.mark.parametrize("family", ["foresee", "servyou"])
@settings(max_examples=40, deadline=None)
@given(fens=st.lists(FEN, min_size=len(citforms.QUARTERLY.lines), max_size=len(citforms.QUARTERLY.lines)))
def test_an_income_tax_return_comes_back_by_line(family: str, fens: list[int]) -> None:
    figures = dict(zip(citforms.QUARTERLY.lines, fens, strict=True))
    expected = {citforms.QUARTERLY.lines[key][0]: fen for key, fen in figures.items()}
    assert lines(family, cit(family, figures)) == expected


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(FEN, min_size=14, max_size=14), min_size=1, max_size=4))
def test_a_schedule_comes_back_by_row_and_column(rows: list[list[int]]) -> None:
    root, grid, row = SALES.path
    records = [
        {"ewbhxh": place, "hmc": "行", **{k: yuan(f) for k, f in zip(SALES.columns, fens, strict=True)}}
        for place, fens in enumerate(rows, start=1)
    ]
    content = xml(root, {"sbbhead": {"nsrsbh": ""}, grid: {row: records}}).encode()
    found = normalize(Dataset.TAX_RETURN, [page("servyou", Dataset.TAX_RETURN, content)], ["raw/0"])
    table = found.tables["tax_return_schedule_line"].select("line", "column", "amount_fen")
    assert set(table.iter_rows()) == {
        (f"{place}", f"{column}", fen)
        for place, fens in enumerate(rows, start=1)
        for column, fen in enumerate(fens, start=1)
    }


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.path[0])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_statement_comes_back_by_item(layout: Any, data: st.DataObject) -> None:
    labels = list(ITEMS[layout.statement])
    records: list[dict[str, Any]] = []
    expected: set[tuple[str, str, int]] = set()
    for number, label in enumerate(labels, start=1):
        record: dict[str, Any] = {"ewbhxh": number}
        for name, columns in layout.sides:
            record[name] = label if name == layout.sides[0][0] else ""
            for key, column in columns.items():
                fen = data.draw(FEN)
                record[key] = yuan(fen)
                if record[name]:
                    expected.add((label, column.value, fen))
        records.append(record)
    root, grid, row = layout.path
    content = xml(root, {"form": {"bsrq": "2025-04-10"}, grid: {row: records}}).encode()
    given_page = page("servyou", Dataset.FINANCIAL_STATEMENT, content)
    table = normalize(Dataset.FINANCIAL_STATEMENT, [given_page], ["raw/0"]).tables["financial_statement"]
    assert set(table.select("label", "column", "amount_fen").iter_rows()) == expected
    meant = dict(table.drop_nulls("item").select("label", "item").iter_rows())
    assert meant == {label: item.value for label, item in ITEMS[layout.statement].items()}


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("  一、营业收入", "营业收入"),
        ("减：营业成本", "营业成本"),
        ("其中:利息费用(收入以–填列)", "利息费用"),
        ("四、净利润（净亏损以“－”号填列）", "净利润"),
        ("所有者权益(或股东权 益)合计", "所有者权益合计"),
        ("（一）持续经营净利润", "持续经营净利润"),
    ],
)
def test_the_words_of_a_line(printed: str, plain: str) -> None:
    assert words(printed) == plain


def test_a_line_that_only_resembles_an_item_is_none() -> None:
    for label in ("其他应收款坏账", "营业外收入", "非流动资产合计", "持续经营净利润"):
        assert words(label) not in {**ITEMS[Statement.BALANCE_SHEET], **ITEMS[Statement.INCOME]}


def test_an_assessed_company_files_class_b() -> None:
    printed = {key: yuan(number * 100) for number, key in enumerate(citforms.DEEMED.lines, start=1)}
    form = {"nsrxxFrom": HEAD, "qysdsyddhndnssbbblFrom": {**printed, "sl1": "0.25", "swjghdyssdl": "0.1"}}
    given = page("servyou", Dataset.TAX_RETURN, xml("qysdshdzsyjdndsb", form).encode())
    found = normalize(Dataset.TAX_RETURN, [given], ["raw/0"])
    assert found.findings == ()
    assert found.tables["tax_return"]["form"].to_list() == ["cit_deemed"]
    told = dict(found.tables["tax_return_line"].select("line", "amount_fen").iter_rows())
    expected = ("1", "2", "3", "10", "12", "14", "15", "16", "17")
    assert told == {line: number * 100 for number, line in enumerate(expected, start=1)}


@pytest.mark.parametrize("sheet", citforms.SHEETS, ids=lambda sheet: sheet.name)
@pytest.mark.parametrize("family", ["foresee", "servyou"])
def test_a_schedule_of_a_prepayment_has_each_figure_at_its_line(family: str, sheet: Sheet) -> None:
    printed = {key: yuan(number * 100) for number, key in enumerate(sheet.lines, start=1)}
    root, form = sheet.path
    later = dict.fromkeys(sheet.unnumbered, "0.00")
    found = prepayment(family, root, {form: {**printed, **later}})
    table = found.tables["tax_return_schedule_line"]
    told = dict(table.select("line", "amount_fen").iter_rows())
    assert told == {f"{number}": number * 100 for number in range(1, len(sheet.lines) + 1)}
    assert (set(table["schedule"]), set(table["label"]), found.findings) == ({sheet.name}, {None}, ())


@pytest.mark.parametrize("family", ["foresee", "servyou"])
def test_a_line_without_a_known_number_is_reported_where_it_holds_a_figure(family: str) -> None:
    sheet = citforms.INCOME_RELIEFS
    root, form = sheet.path
    found = prepayment(family, root, {form: {**dict.fromkeys(sheet.lines, 0), "cxqygxhlLj": "0.50"}})
    assert [(each.code, each.detail) for each in found.findings] == [("new_field", "A201010.cxqygxhlLj")]


def prepayment(family: str, root: str, schedule: Mapping[str, Any]) -> Normalized:
    """A schedule within (foresee) or beside (servyou) its A200000."""
    content = xml(root, schedule).encode()
    if family == "foresee":
        body = json.loads(json.loads(cit(family, dict.fromkeys(citforms.QUARTERLY.lines, 0)))["body"])
        body["ht"]["qysdsczzsyjdSbbdxxVO"][root] = schedule
        content = foresee("qysds_a_18yjd", body)
    return normalize(Dataset.TAX_RETURN, [page(family, Dataset.TAX_RETURN, content)], ["raw/0"])


WHOLE: dict[str, Callable[[], bytes]] = {
    family: lambda family=family: cit(family, dict.fromkeys(citforms.QUARTERLY.lines, 1234567))
    for family in ("foresee", "servyou")
}


@pytest.mark.parametrize("family", WHOLE)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_changed_byte_gives_an_error_or_the_same_figures(family: str, data: st.DataObject) -> None:
    """A digit for a digit, or its point or sign, is another figure, which no reader can know."""
    content = WHOLE[family]()
    place, byte = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 255))
    if chr(content[place]) in "0123456789." or chr(byte) in "0123456789.-+eE":
        return
    mutated = content[:place] + bytes([byte]) + content[place + 1 :]
    try:
        found = lines(family, mutated)
    except TaxlinkError:
        return
    assert set(found.values()) == {1234567}


@pytest.mark.parametrize("family", WHOLE)
def test_a_field_that_nobody_knows_is_a_finding_and_a_missing_one_stops_the_dataset(family: str) -> None:
    figures = dict.fromkeys(citforms.QUARTERLY.lines, 100)
    content = cit(family, {**figures, "xzxm": 1})
    found = normalize(Dataset.TAX_RETURN, [page(family, Dataset.TAX_RETURN, content)], ["raw/0"])
    assert [(each.code, each.detail) for each in found.findings] == [("new_field", "A200000.xzxm")]
    del figures["lrzeLj"]
    with pytest.raises(ContractChanged, match="A200000 lacks lrzeLj"):
        lines(family, cit(family, figures))
