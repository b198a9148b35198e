"""What 河北's bureau really answered in 2019. Figures were read off the files by hand."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import orjson
import polars as pl
import pytest
from lxml import etree

from connectors.families.servyou.api import PORTAL, ServyouDesk
from connectors.http import PortalHttp
from normalizers import citforms
from normalizers.coreforms import VAT_SCHEDULES
from normalizers.registry import Page, normalize
from normalizers.servyou.page import records
from normalizers.servyou.vat_return import brought_forward, declared
from normalizers.statements import LAYOUTS
from normalizers.vatforms import GENERAL, SMALL, Form
from schema.dataset import Dataset, Route
from schema.money import fen
from schema.period import Period
from schema.raw import RawPage

DATA = os.environ.get("TAXLINK_REAL_DATA")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA, reason="TAXLINK_REAL_DATA names no folder of real data"),
]
FOLDER = Path(DATA or "") / "etax_portal" / "hebei_servyou"
HDXX = "sbzx-web__api__sb__common__get__hdxx"
VIEWS = "sbzx-web__apps__views"
FIGURES = {key for each in (*VAT_SCHEDULES, *citforms.SCHEDULES) for key in each.columns}
FIGURES |= {key for layout in LAYOUTS for _, columns in layout.sides for key in columns}
FIGURES |= {key for each in (citforms.QUARTERLY, *citforms.SHEETS) for key in each.lines}


def page(name: str, dataset: Dataset, form: str = "", content: bytes | None = None) -> RawPage:
    return RawPage(
        dataset=dataset,
        period=Period.model_validate({"start": "2019-01-01", "end": "2019-04-30"}),
        region="13",
        route=Route.API,
        source_format=f"servyou.{dataset}{form}",
        locator=name.replace("__", "/"),
        sequence=0,
        content=(FOLDER / name).read_bytes() if content is None else content,
        content_type="application/json",
        fetched_at=datetime(2019, 5, 1, tzinfo=UTC),
    )


def test_the_registration() -> None:
    given = page("sbzx-web__api__base__nsrxx__get.json", Dataset.TAXPAYER)
    (row,) = normalize(Dataset.TAXPAYER, [given], ["raw/0"]).tables["taxpayer"].to_dicts()
    told = (row["taxpayer_id"], row["status"], row["registered_on"], row["industry_code"])
    assert told == ("91000000MA00000071", "normal", date(2018, 7, 9), "4899")
    assert row["taxpayer_kind"] is None, "the record alone does not tell"


def test_the_list_of_duties_tells_the_kind() -> None:
    given = [
        page("sbzx-web__api__base__nsrxx__get.json", Dataset.TAXPAYER),
        page("sbzx-web__api__ysbqc__queryysb.json", Dataset.TAXPAYER, "_duties"),
    ]
    (row,) = normalize(Dataset.TAXPAYER, given, ["raw/0", "raw/1"]).tables["taxpayer"].to_dicts()
    assert row["taxpayer_kind"] == "small_scale"


@pytest.mark.parametrize(
    ("trade", "expected"),
    [
        (
            "commerce",
            {"1": 251053805, "2": 251053805, "11": 41081532, "12": 21978982, "19": 19102550, "23": 28000},
        ),
        (
            "industry",
            {"1": 1339771010, "2": 1339771010, "11": 186743246, "12": 90333268, "19": 96409978, "23": 28000},
        ),
    ],
)
def test_what_the_bureau_brings_forward_on_the_general_form(trade: str, expected: dict[str, int]) -> None:
    (prepared,) = declared(Page(page(f"{HDXX}.10101.{trade}.json", Dataset.TAX_RETURN, "_initial"), "raw/0"))
    assert (prepared["sksssqQ"], prepared["sksssqZ"], prepared["sbqx"]) == (
        "2019-04-01",
        "2019-04-30",
        "2019-05-21",
    )
    sums = brought_forward(prepared)
    assert {line: amount for line, amount in sums.items() if amount} == expected
    assert set(sums) == {f"{line}" for line in range(1, 39)}
    assert sums["11"] - sums["12"] == sums["19"]


def test_what_the_bureau_brings_forward_on_the_small_scale_form() -> None:
    given = page(f"{HDXX}.10103.json", Dataset.TAX_RETURN, "_initial")
    (prepared,) = declared(Page(given, "raw/0"))
    assert prepared["sbqx"] == "2018-10-24"
    assert brought_forward(prepared) == {f"{line}": 0 for line in range(1, 23)}


@pytest.mark.parametrize(
    ("view", "form", "root"),
    [
        ("sb_ybnsr_201905__001__config__001_j3.xml", GENERAL, "zzssyyybnsr_zb"),
        ("xgmsb-tbs__config__001_j3.xml", SMALL, "zzssyyxgmnsr"),
    ],
)
def test_the_empty_document_is_read_whole_and_its_lines_are_ours(view: str, form: Form, root: str) -> None:
    """In the real template every figure is empty; each is filled with its own place, and read back."""
    template = etree.fromstring((FOLDER / f"{VIEWS}__{view}").read_bytes())
    assert template.tag == root
    grid = next(child for child in template if child.tag not in ("sbbhead", "slxxForm"))
    keys = [str(cell.tag) for cell in grid[0] if cell.tag in form.labels]
    assert keys == list(form.labels), "the order of the lines is that of the document"
    for name in ("skssqq", "skssqz", "sbrq1"):
        cell = template.find(f"sbbhead/{name}")
        assert cell is not None
        cell.text = "2019-05-31"
    empty = page(view, Dataset.TAX_RETURN, content=etree.tostring(template))
    found = normalize(Dataset.TAX_RETURN, [empty], ["raw/0"])
    assert found.tables["tax_return_line"].is_empty()
    assert not found.findings
    for column in grid:
        for cell in column:
            if cell.tag in form.labels:
                cell.text = f"{keys.index(str(cell.tag)) + 1}.00"
    full = page(view, Dataset.TAX_RETURN, content=etree.tostring(template))
    table = normalize(Dataset.TAX_RETURN, [full], ["raw/0"]).tables["tax_return_line"]
    assert table.height == 2 * len(form.labels)
    assert all(amount == 200 * int(line) for line, amount in table.select("line", "amount_fen").iter_rows())


def test_the_connector_reads_every_answer() -> None:
    http = PortalHttp("http://127.0.0.1", private=True, timeout_seconds=1, connections=1)
    desk = ServyouDesk(http, PORTAL)
    replies = {file.name: desk.unpack(file.read_bytes()) for file in FOLDER.glob("*.json")}
    desk.close()
    refused = {name: reply.code for name, reply in replies.items() if reply.code}
    assert refused == {f"{HDXX}.ysb.json": "80492219"}
    filed = replies["sbzx-web__api__sb__jgcx__sbqkcx.json"].body
    (vat,) = (each for each in filed if each["sbzlDm"] == "10101")
    assert (vat["skssqq"], vat["skssqz"], vat["sbrq"]) == ("2019-03-01", "2019-03-31", "2019-04-09")
    assert orjson.loads(PORTAL.model_dump_json())["causes"]["80492219"] == "data_conflict"


def test_every_filing_of_the_list_is_known() -> None:
    real = records(
        Page(page("sbzx-web__api__sb__jgcx__sbqkcx.json", Dataset.TAX_RETURN, "_list"), "raw/0"), "sbxh"
    )
    without_vat = {"success": True, "value": [row for row in real if row["sbzlDm"] != "10101"]}
    given = page("sbqkcx", Dataset.TAX_RETURN, "_list", orjson.dumps(without_vat))
    found = normalize(Dataset.TAX_RETURN, [given], ["raw/0"]).tables["tax_return"]
    assert found["form"].to_list() == [
        "cit_quarterly",
        "financial_statement",
        "cit_annual",
        "stamp_duty",
        "surtax",
    ]
    assert found["event_date"].to_list()[:3] == [date(2019, 4, 12), date(2019, 4, 12), date(2019, 4, 11)]


def filled(view: str) -> tuple[bytes, etree._Element]:
    """A real template, which is empty, with a number of its own in each field that holds a figure."""
    root = etree.fromstring((FOLDER / f"{VIEWS}__{view}").read_bytes())
    numbers = count(1)
    for each in root.iter():
        if not len(each) and each.tag in FIGURES:
            each.text = f"{next(numbers)}.25"
        elif not len(each) and each.tag == "fs":
            each.text = "3"
    return etree.tostring(root), root


def agree(table: pl.DataFrame, root: etree._Element) -> int:
    """How many rows there are, each with the figure that stands where it points."""
    for row in table.iter_rows(named=True):
        _, _, *steps, position, key = row["pointer"].split("/")
        assert fen(root.findall("/".join(steps))[int(position)].findtext(key)) == row["amount_fen"]
    assert table["amount_fen"].n_unique() == table.height
    return table.height


@pytest.mark.parametrize(
    ("number", "statement", "figures", "first", "last", "items"),
    [
        ("001", "balance_sheet", 106, "货币资金", "负债和所有者权益（或股东权益）总计", 16),
        ("002", "income", 64, "营业收入", "净利润", 11),
        ("003", "cash_flow", 44, "销售产成品、商品、提供劳务收到的现金", "期末现金余额", 3),
    ],
)
def test_the_statements_of_the_small_standard_each_figure_at_its_place(
    number: str, statement: str, figures: int, first: str, last: str, items: int
) -> None:
    content, root = filled(f"sb_cwbb_xqy_kjzz__config__{number}_j3.xml")
    given = page("statement", Dataset.FINANCIAL_STATEMENT, content=content)
    table = normalize(Dataset.FINANCIAL_STATEMENT, [given], ["raw/0"]).tables["financial_statement"]
    assert agree(table, root) == figures
    assert set(table["statement"]) == {statement}
    assert (table["label"][0], table["label"][-1]) == (first, last)
    assert table["line"].cast(pl.Int64).max() == figures // 2
    assert table["item"].drop_nulls().n_unique() == items


@pytest.mark.parametrize(
    ("view", "schedule", "figures"),
    [
        ("sb_ybnsr_201905__002__config__002_j3.xml", "附列资料（一）", 318),
        ("sb_ybnsr_201905__003__config__003_j3.xml", "附列资料（二）", 72),
        ("sb_ybnsr_201905__006__config__006_j3.xml", "附列资料（三）", 48),
        ("sb_ybnsr_201905__031__config__031_j3.xml", "附列资料（四）", 25 + 18),
        ("sb_sdsA_yj_new_2019__config__003_j3.xml", "A201020", 30),
    ],
)
def test_the_schedules_each_figure_at_its_place(view: str, schedule: str, figures: int) -> None:
    content, root = filled(view)
    given = page("schedule", Dataset.TAX_RETURN, content=content)
    table = normalize(Dataset.TAX_RETURN, [given], ["raw/0"]).tables["tax_return_schedule_line"]
    assert set(table["schedule"].str.slice(0, len(schedule))) == {schedule}
    assert agree(table, root) == figures


@pytest.mark.parametrize(
    ("number", "schedule", "lines"), [("004", "A201010", range(1, 42)), ("005", "A201030", range(1, 31))]
)
def test_a_schedule_of_one_figure_a_line_is_numbered_as_the_empty_form_is(
    number: str, schedule: str, lines: range
) -> None:
    content, root = filled(f"sb_sdsA_yj_new_2019__config__{number}_j3.xml")
    given = page("schedule", Dataset.TAX_RETURN, content=content)
    found = normalize(Dataset.TAX_RETURN, [given], ["raw/0"])
    table = found.tables["tax_return_schedule_line"]
    printed = [fen(each.text) for each in root[0] if each.tag not in {"jzmzlx", "jzfd"}]
    assert table.select("schedule", "line", "amount_fen").rows() == [
        (schedule, f"{line}", amount) for line, amount in zip(lines, printed, strict=True)
    ]
    assert found.findings == ()


def test_a_quarterly_income_tax_return_has_a_line_for_each_field_of_money() -> None:
    content, root = filled("sb_sdsA_yj_new_2019__config__001_j3.xml")
    given = page("cit", Dataset.TAX_RETURN, content=content)
    found = normalize(Dataset.TAX_RETURN, [given], ["raw/0"]).tables
    assert found["tax_return"]["form"].to_list() == ["cit_quarterly"]
    for row in found["tax_return_line"].iter_rows(named=True):
        assert fen(root.findtext(row["pointer"].partition("/A200000Ywbd/")[2])) == row["amount_fen"]
    assert found["tax_return_line"].height == len(citforms.QUARTERLY.lines)
