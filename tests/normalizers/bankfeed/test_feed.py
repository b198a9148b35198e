"""Every table of the bank-side feed: its lines come out with their figures, and a broken line is named."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalizers.bankfeed.page import TABLES
from normalizers.bankfeed.read import DATASETS
from normalizers.documents import Document
from normalizers.documents import normalize as normalize_file
from normalizers.registry import normalize
from normalizers.vatforms import GENERAL
from schema.dataset import Dataset, Route
from schema.errors import ContractChanged, DataConflict, DataCorrupt, TaxlinkError
from schema.period import Period
from schema.raw import RawPage
from schema.tables import rows, unfilled

FETCHED = datetime(2026, 3, 1, tzinfo=UTC)
OWNER = "91110101MA0SHAHE01"
LINES = {key.replace("_", "").lower(): f"{line}" for line, key in enumerate(GENERAL.labels, start=1)}
Record = Mapping[str, str]


def render(table: str, records: Sequence[Record], *, encoding: str = "gbk", end: str = "") -> bytes:
    """The file that the bank's feed writes."""
    lines = []
    for number, record in enumerate(records, start=1):
        whole = {"id": f"{number}", "nsrsbh": OWNER, "create_time": "2026-02-28 01:00:00"} | record
        lines.append("\x1b".join(whole.get(name, "") for name in TABLES[table]) + end + "\n")
    return "".join(lines).encode(encoding)


def page(table: str, content: bytes) -> RawPage:
    return RawPage(
        dataset=DATASETS.get(table, Dataset.TAXPAYER),
        period=Period.model_validate({"start": "2025-01-01", "end": "2025-12-31"}),
        region="11",
        route=Route.API,
        source_format=f"bankfeed.{table}",
        locator=f"feed/{table}",
        sequence=0,
        content=content,
        content_type="text/plain",
        fetched_at=FETCHED,
    )


def read(table: str, *records: Record, **style: Any) -> dict[str, pl.DataFrame]:
    """The tables, each of whose rows the schema takes."""
    given_page = page(table, render(table, records, **style))
    found = normalize(given_page.dataset, [given_page], ["raw/0"]).tables
    for name, frame in found.items():
        assert len(list(rows(name, frame))) == frame.height
        assert not unfilled(name, frame)
    return found


def main_form(**figures: str) -> list[dict[str, str]]:
    """主表 of one filing: four rows, figures in the first column."""
    head = {"skssqq": "2025-01-01", "skssqz": "2025-01-31", "sbrq": "2025-02-14"}
    zero = {name: "0.00" for name in TABLES["ybnsrzzssbb"] if name.replace("_", "") in LINES}
    return [head | zero | {"ewblxh": f"{n}"} | (figures if n == 1 else {}) for n in range(1, 5)]


def test_the_columns_are_those_of_the_specification() -> None:
    if not (folder := os.environ.get("TAXLINK_REAL_DATA")):
        pytest.skip("TAXLINK_REAL_DATA names no folder of real data")
    listed = (Path(folder) / "spec" / "bank_tax_feed_fields.tsv").read_text("utf-8").splitlines()[1:]
    assert {row.split("\t")[0]: tuple(row.split("\t")[2].split(",")) for row in listed} == dict(TABLES)


@pytest.mark.parametrize("end", ["", "\x1b"])
def test_credit_ratings(end: str) -> None:
    found = read("xydj", {"xydj": "A", "pdnd": "2024"}, {"xydj": "M级", "pdnd": "2023"}, end=end)
    table = found["tax_credit_rating"]
    assert table.select("year", "grade", "pointer").rows() == [(2024, "A", "line 1"), (2023, "M", "line 2")]


def test_a_line_of_headings_is_no_row() -> None:
    content = "\x1b".join(TABLES["xydj"]).encode() + b"\r\n" + render("xydj", [{"xydj": "B", "pdnd": "2024"}])
    found = normalize(Dataset.TAX_CREDIT_RATING, [page("xydj", content)], ["raw/0"]).tables
    assert found["tax_credit_rating"].select("grade", "pointer").rows() == [("B", "line 2")]


def test_filings_with_their_figures() -> None:
    day = {"sbrq": "2025-02-14", "sbqx": "2025-02-17", "sssqq": "2025-01-01", "sssqz": "2025-01-31"}
    found = read(
        "sbxx",
        day | {"zsxmmc": "增值税", "zspmmc": "商业", "jsyj": "1,000.00", "ybtse": "130"},
        day | {"zsxmmc": "教育费附加", "ybtse": "3.90"},
        day | {"zsxmmc": "印花税", "ybtse": "5", "zfbz_1": "Y"},
        day | {"zsxmmc": "企业所得税", "zspmmc": "应纳税所得额", "ynse": "250", "jmse": "200", "ybtse": "50"},
    )
    returns = found["tax_return"]
    assert returns.select("return_id", "form", "due_on", "event_date").rows() == [
        ("1", "other", date(2025, 2, 17), date(2025, 2, 14)),
        ("2", "surtax", date(2025, 2, 17), date(2025, 2, 14)),
        ("4", "other", date(2025, 2, 17), date(2025, 2, 14)),
    ]
    figures = found["tax_return_schedule_line"].select("line", "column", "amount_fen").rows()
    assert sorted(figures) == [
        ("商业", "应补退税额", 13000),
        ("商业", "计税依据", 100000),
        ("应纳税所得额", "减免税额", 20000),
        ("应纳税所得额", "应纳税额", 25000),
        ("应纳税所得额", "应补退税额", 5000),
        ("教育费附加", "应补退税额", 390),
    ]


def test_the_main_form_by_official_line() -> None:
    filed = main_form(asysljsxse="12500000.10", xxse="1625000.01", sysl_nsjctzxse="7.00", qmwjse_qjse="0.29")
    later = [row | {"sbrq": "2025-03-01", "xxse": "1.00"} for row in filed]
    found = read("ybnsrzzssbb", *filed, *later)
    returns = found["tax_return"].select("return_id", "form", "event_date", "corrects").rows()
    first, second = "ybnsrzzs/2025-01-01/2025-02-14", "ybnsrzzs/2025-01-01/2025-03-01"
    assert returns == [
        (first, "vat_general", date(2025, 2, 14), None),
        (second, "vat_general", date(2025, 3, 1), first),
    ]
    figures = found["tax_return_line"].filter(pl.col("amount_fen") != 0, return_id=first)
    assert set(figures.select("line", "column", "amount_fen").rows()) == {
        ("1", "current", 1250000010),
        ("11", "current", 162500001),
        ("4", "current", 700),
        ("33", "current", 29),
    }


def test_statements_by_their_words() -> None:
    head = {"cwbblxmc": "小企业会计准则", "lrrq": "2025-04-10", "ssqq": "2025-01-01", "ssqz": "2025-03-31"}
    income = read("lrb", head | {"hmc": "一、营业收入", "ewbhxh": "1", "bqje": "100.01", "sqje": "90"})
    columns = ("item", "period_start", "period_end", "column", "amount_fen", "standard")
    assert income["financial_statement"].select(columns).rows() == [
        ("revenue", date(2025, 1, 1), date(2025, 3, 31), "current", 10001, "small"),
        (None, date(2024, 1, 1), date(2024, 3, 31), "prior", 9000, "small"),
    ]
    sheet = read(
        "zcfzb",
        {
            "cwbblxmc": "企业会计准则（一般企业）",
            "skssqq": "2025-01-01",
            "skssqz": "2025-03-31",
            "zcxmmc": "货币资金",
            "qyxmmc": "短期借款",
            "qmye_zc": "1",
            "ncye_zc": "2",
            "qmye_qy": "-3",
        },
    )
    assert sheet["financial_statement"].select(columns).rows() == [
        ("cash", None, date(2025, 3, 31), "closing", 100, "enterprise"),
        (None, None, date(2024, 12, 31), "opening", 200, "enterprise"),
        ("short_loans", None, date(2025, 3, 31), "closing", -300, "enterprise"),
    ]


def test_investors_without_the_numbers_of_their_id_cards() -> None:
    found = read(
        "tzfxx",
        {"tzfmc": "张三", "tzbl": "60", "tzje": "600000", "tzfzjzlmc": "居民身份证", "tzfzjhm": "110101X"},
        {"tzfmc": "甲公司", "tzbl": "40", "tzje": "400000", "tzfzjzlmc": "营业执照", "tzfzjhm": "91A"},
    )["registration_shareholder"]
    assert found.select("holder_kind", "holder_id", "share", "subscribed_fen").rows() == [
        ("person", None, 0.6, 60000000),
        ("company", "91A", 0.4, 40000000),
    ]


def test_changes_and_payments() -> None:
    changed = read("bgxx", {"bgrq": "2025-03-01", "bgxmmc": "注册地址", "bgqnr": "甲", "bghnrmc": "乙"})
    assert changed["taxpayer_change"].select("kind", "item", "before", "after").rows() == [
        ("registration", "注册地址", "甲", "乙")
    ]
    paid = read("cxskmx", {"skje": "12.30", "szdm": "10101"}, {"skje": "1", "szdm": "10113"})["tax_payment"]
    assert paid.select("category", "amount_fen", "event_date").rows() == [
        ("vat", 1230, None),
        ("other", 100, None),
    ]


@pytest.mark.parametrize("table", ["auth", "cxfpxx"])
def test_a_table_that_has_no_place_in_the_schema_is_still_checked(table: str) -> None:
    assert read(table, {}) == {}
    with pytest.raises(ContractChanged, match=r"line 2: \w+ has 3 fields"):
        normalize(Dataset.TAXPAYER, [page(table, render(table, [{}]) + b"a\x1bb\x1bc\n")], ["raw/0"])


@pytest.mark.parametrize(
    ("content", "cause", "place"),
    [
        (render("xydj", [{"xydj": "A", "pdnd": "2024"}])[:-30] + b"\n", ContractChanged, "line 1"),
        (render("xydj", [{"xydj": "A", "pdnd": "2024"}]) + b"\xff\xff\x1b\n", DataCorrupt, "line 2"),
        (render("xydj", [{"xydj": "E", "pdnd": "2024"}]), ContractChanged, "xydj"),
        (render("xydj", [{"pdnd": "2024"}]), ContractChanged, "line 1: xydj.xydj is empty"),
        (render("xydj", [{"xydj": "A", "pdnd": "MMXX"}]), DataCorrupt, "pdnd"),
        (render("xydj", [{"xydj": "A", "pdnd": "2024"}, {"nsrsbh": "X"}]), DataConflict, "2 taxpayers"),
    ],
)
def test_a_broken_file_is_named_with_its_place(content: bytes, cause: type[TaxlinkError], place: str) -> None:
    with pytest.raises(cause, match=place):
        normalize(Dataset.TAX_CREDIT_RATING, [page("xydj", content)], ["raw/0"])


@pytest.mark.parametrize("end", ["", "\x1b"])
@pytest.mark.parametrize("table", DATASETS)
def test_a_file_that_is_handed_over_is_known_by_its_content(table: str, end: str) -> None:
    record = {"xydj": "A", "pdnd": "2024", "zsxmmc": "增值税", "sssqq": "20250101", "sssqz": "20250131"}
    record |= {"ssqq": "20250101", "ssqz": "20250131", "hmc": "营业收入", "tzfmc": "甲", "bgrq": "20250101"}
    record |= {"ewbhxh": "1", "zcxmmc": "货币资金", "update_time": "2026-02-28"}
    record |= {"bgxmmc": "地址", "skje": "1", "szdm": "10101", "skssqq": "20250101", "skssqz": "20250131"}
    records = main_form() if table == "ybnsrzzssbb" else [record]
    reader, found = normalize_file(Document("export.dat", render(table, records, end=end), FETCHED))
    assert (reader.format, found.dataset) == (f"bankfeed.{table}", DATASETS[table])
    assert found.tables


MONEY = st.integers(-(10**13), 10**13)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(LINES)), MONEY, min_size=1))
def test_every_figure_comes_back(figures: dict[str, int]) -> None:
    keys = {name.replace("_", ""): name for name in TABLES["ybnsrzzssbb"]}
    printed = {
        keys[key]: f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"
        for key, fen in figures.items()
    }
    lines = read("ybnsrzzssbb", *main_form(**printed))["tax_return_line"].filter(column="current")
    back = dict(lines.select("line", "amount_fen").iter_rows())
    assert back == {f"{n}": 0 for n in range(1, 39)} | {LINES[key]: fen for key, fen in figures.items()}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_byte_gives_an_error_or_the_same_figures(data: st.DataObject) -> None:
    """A digit for a digit is another figure, which no reader can know; every other change is caught."""
    content = render("ybnsrzzssbb", main_form(xxse="1625000.01"))
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255))
    if (chr(content[place]).isdigit() and chr(byte).isdigit()) or content[place : place + 1] == b".":
        return
    mutated = content[:place] + bytes([byte]) + content[place + 1 :]
    try:
        found = normalize(Dataset.TAX_RETURN, [page("ybnsrzzssbb", mutated)], ["raw/0"]).tables
    except TaxlinkError:
        return
    amounts = found["tax_return_line"].filter(line="11", column="current")["amount_fen"].to_list()
    assert amounts in ([162500001], [-162500001])
