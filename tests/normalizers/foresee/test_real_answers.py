"""What 北京's bureau really answered in 2019. Figures were read off the files by hand."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from connectors.families.foresee.api import PORTAL, ForeseeDesk, owner, unwrapped
from connectors.http import PortalHttp
from normalizers.coreforms import LEVIES
from normalizers.foresee.vat_return import VAT, filings
from normalizers.registry import Page, normalize
from schema.dataset import Dataset, Route
from schema.money import fen
from schema.period import Period
from schema.raw import RawPage

DATA = os.environ.get("TAXLINK_REAL_DATA")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA, reason="TAXLINK_REAL_DATA names no folder of real data"),
]
FOLDER = Path(DATA or "") / "etax_portal" / "beijing_foresee"
GENERAL = "sbzs-cjpt-web__biz__sbzs__ybnsrzzs__xInitData"
SMALL = "sbzs-cjpt-web__biz__sbzs__xgmzzs__xInitData"


def page(name: str, dataset: Dataset, form: str = "") -> RawPage:
    return RawPage(
        dataset=dataset,
        period=Period.model_validate({"start": "2019-04-01", "end": "2019-06-30"}),
        region="11",
        route=Route.API,
        source_format=f"foresee.{dataset}{form}",
        locator=name.replace("__", "/"),
        sequence=0,
        content=(FOLDER / f"{name}.json").read_bytes(),
        content_type="application/json",
        fetched_at=datetime(2019, 7, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "id", "kind", "since", "industry"),
    [
        (GENERAL, "91000000MA00000", "general", date(1999, 4, 27), "5131"),
        (SMALL, "91000000MA00000023", "small_scale", date(2018, 3, 16), "7590"),
    ],
)
@pytest.mark.parametrize("state", ["", ".bc"])
def test_the_registrations(name: str, id: str, kind: str, since: date, industry: str, state: str) -> None:
    found = normalize(Dataset.TAXPAYER, [page(name + state, Dataset.TAXPAYER)], ["raw/0"])
    (row,) = found.tables["taxpayer"].to_dicts()
    told = (row["taxpayer_id"], row["taxpayer_kind"], row["registered_on"], row["industry_code"])
    assert told == (id, kind, since, industry)
    assert row["status"] == "normal"
    assert all(row[name] for name in ("name", "legal_representative", "industry_name", "address"))
    assert not found.findings


def lines(name: str) -> tuple[dict[str, object], dict[tuple[str, str], int]]:
    """The return's row, and its figures other than zero, in yuan."""
    found = normalize(Dataset.TAX_RETURN, [page(name, Dataset.TAX_RETURN)], ["raw/0"])
    assert not found.findings
    (row,) = found.tables["tax_return"].to_dicts()
    figures = found.tables["tax_return_line"].filter(pl.col("amount_fen") != 0)
    amounts = figures.select("line", "column", pl.col("amount_fen") // 100).iter_rows()
    return row, {(line, column): amount for line, column, amount in amounts}


def test_a_general_return_that_was_saved() -> None:
    row, amounts = lines(f"{GENERAL}.bc")
    assert (row["form"], row["period_start"], row["period_end"]) == (
        "vat_general",
        date(2019, 6, 1),
        date(2019, 6, 30),
    )
    assert row["event_date"] == date(2019, 7, 12)
    current = {"1": 10000, "11": 1300, "12": 333, "17": 333, "18": 333}
    to_date = {"1": 10000, "11": 1300, "12": 333}
    due = ("19", "24", "32")
    expected = {(line, "current"): amount for line, amount in current.items()}
    expected |= {(line, "year_to_date"): amount for line, amount in to_date.items()}
    expected |= {(line, column): 967 for line in due for column in ("current", "year_to_date")}
    assert amounts == expected | {("34", "current"): 967}


def test_a_small_scale_return_that_was_saved() -> None:
    row, amounts = lines(f"{SMALL}.bc")
    assert (row["form"], row["period_start"], row["period_end"]) == (
        "vat_small",
        date(2019, 4, 1),
        date(2019, 6, 30),
    )
    assert (row["due_on"], row["event_date"]) == (date(2019, 7, 15), date(2019, 7, 4))
    both = {"1": 10000, "2": 10000, "15": 300, "20": 300}
    expected = {
        (line, column): amount for line, amount in both.items() for column in ("current", "year_to_date")
    }
    assert amounts == expected | {("22", "current"): 300}


@pytest.mark.parametrize("name", [GENERAL, SMALL])
def test_a_form_that_nobody_filled_in(name: str) -> None:
    row, amounts = lines(name)
    assert row["period_start"] is not None
    assert row["event_date"] is None
    assert amounts == {}


def test_the_two_lists_of_filings_agree_about_vat() -> None:
    listed = filings(Page(page("tycx-cjpt-web__cxpt__query", Dataset.TAX_RETURN, "_list"), "raw/0"))
    due = {
        serial: (row["skssqz"], row["sbqx"], row["sbrq_1"])
        for serial, row in listed.items()
        if row["yzpzzl_dm"] in VAT
    }
    assert due == {
        "10011119000038320855": ("2019-05-31", "2019-06-19", "2019-06-04"),
        "10011119000031359414": ("2019-04-30", "2019-05-21", "2019-05-10"),
    }
    brief = unwrapped((FOLDER / "sbzs-cjpt-web__sbxxcx__getSbxxcx.json").read_bytes())["sbList"]
    assert {each["pzxh"] for each in brief if each["ywbm"] == "YBNSRZZS"} == set(due)


def test_every_filing_of_the_list_is_known_and_none_twice() -> None:
    given = page("tycx-cjpt-web__cxpt__query", Dataset.TAX_RETURN, "_list")
    vat = "sbzs-cjpt-web/biz/sbzs/ybnsrzzs/xInitData"
    forms = [
        replace(page(GENERAL, Dataset.TAX_RETURN), locator=f"{vat}/{serial}")
        for serial in ("10011119000038320855", "10011119000031359414")
    ]
    found = normalize(Dataset.TAX_RETURN, [given, *forms], ["raw/0", "raw/1", "raw/2"]).tables
    kinds = found["tax_return"]["form"].value_counts(sort=True).rows()
    assert dict(kinds) == {
        "vat_general": 2,
        "surtax": 3,
        "cit_annual": 1,
        "cit_quarterly": 1,
        "iit_withholding": 2,
    }
    assert found["tax_return"]["return_id"].n_unique() == 9
    assert found["tax_return"]["event_date"].min() == date(2019, 4, 8)


def figures(name: str, table: str) -> dict[tuple[str, str, str], int]:
    """Figures other than zero, in fen, by schedule, line and column."""
    found = normalize(Dataset.TAX_RETURN, [page(name, Dataset.TAX_RETURN)], ["raw/0"]).tables[table]
    rows = found.filter(pl.col("amount_fen") != 0)
    where = [name for name in ("schedule", "line", "column") if name in rows.columns]
    return {tuple(row[:-1]): row[-1] for row in rows.select(*where, "amount_fen").iter_rows()}


def test_the_schedules_of_a_general_return() -> None:
    assert figures(f"{GENERAL}.bc", "tax_return_schedule_line") == {
        ("附列资料（一）", "1", "1"): 1000000,
        ("附列资料（一）", "1", "2"): 130000,
        ("附列资料（一）", "1", "9"): 1000000,
        ("附列资料（一）", "1", "10"): 130000,
        **{("附列资料（二）", line, c): 33300 for line in ("1", "2", "12", "35") for c in ("金额", "税额")},
        **{("附列资料（三）", "4", column): 3000 for column in ("3", "4", "6")},
    }


def test_the_schedules_of_a_small_scale_return() -> None:
    relief = "减免税申报明细表：减税"
    assert figures(f"{SMALL}.bc", "tax_return_schedule_line") == {
        (relief, line, column): amount
        for line, amount in (("2", 1000), ("3", 2000))
        for column in ("1", "3", "5")
    }


def test_a_quarterly_income_tax_return_that_was_saved() -> None:
    name = "sbzs-cjpt-web__biz__sbzs__qysds_a_18yjd__xInitData.bc"
    (row,) = (
        normalize(Dataset.TAX_RETURN, [page(name, Dataset.TAX_RETURN)], ["raw/0"])
        .tables["tax_return"]
        .to_dicts()
    )
    assert (row["form"], row["period_start"], row["period_end"], row["event_date"]) == (
        "cit_quarterly",
        date(2019, 4, 1),
        date(2019, 6, 30),
        date(2019, 7, 11),
    )
    amounts = {line: amount for (line, _), amount in figures(name, "tax_return_line").items()}
    assert amounts == {
        "3": 1000000000,
        "7": 2000000,
        "9": 12304409,
        "10": 985695591,
        "12": 246423898,
        "13": 10000000,
        "16": 236423898,
    }
    assert amounts["3"] - amounts["7"] - amounts["9"] == amounts["10"]
    assert amounts["12"] - amounts["13"] == amounts["16"]
    assert figures(name, "tax_return_schedule_line") == {
        **{
            ("A201020", line, "1"): amount
            for line, amount in (("1", 3000000), ("2", 3000000), ("4", 1000000), ("5", 4000000))
        },
        **{("A201010", line, "year_to_date"): amounts["7"] for line in ("1", "2", "41")},
        **{("A201030", line, "year_to_date"): amounts["13"] for line in ("2", "30")},
    }


def test_a_surtax_form_that_nobody_saved_has_its_three_levies() -> None:
    name = "sbzs-cjpt-web__biz__sbzs__lhfjssb__xInitData"
    found = normalize(Dataset.TAX_RETURN, [page(name, Dataset.TAX_RETURN)], ["raw/0"]).tables
    assert found["tax_return"]["form"].to_list() == ["surtax"]
    assert found["tax_return_line"]["label"].to_list() == ["城市维护建设税", "教育费附加", "地方教育附加"]
    assert set(found["tax_return_line"]["amount_fen"]) == {0}


def test_the_statements_of_the_enterprise_standard_each_figure_at_its_place() -> None:
    """In the real form every figure is zero; each is filled with a number of its own, and read back."""
    given = page("sbzs-cjpt-web__biz__cwbb__cwbb_qy_kjzz_ybqy__xInitData", Dataset.FINANCIAL_STATEMENT)
    outer = json.loads(given.content)
    numbers = count(1)
    filled = re.sub(
        r'("(?:qmyeZc|ncyeZc|qmyeQy|ncyeQy|bqje|sqje1)"\s*:\s*)0\.0',
        lambda found: f"{found[1]}{next(numbers)}.25",
        outer["body"],
    )
    outer["body"] = filled
    changed = replace(given, content=json.dumps(outer).encode())
    table = normalize(Dataset.FINANCIAL_STATEMENT, [changed], ["raw/0"]).tables["financial_statement"]
    body = json.loads(filled)
    assert dict(table["statement"].value_counts().iter_rows()) == {
        "balance_sheet": 142,
        "income": 70,
        "cash_flow": 70,
    }
    for row in table.iter_rows(named=True):
        here = body
        for step in row["pointer"].split("/")[2:]:
            here = here[int(step)] if isinstance(here, list) else here[step]
        assert fen(here) == row["amount_fen"]
    items = table.drop_nulls("item").select("item", "label").unique().sort("item").rows()
    assert len(items) == 27
    assert {"assets", "equity", "net_profit", "operating_cash_flow"} <= {item for item, _ in items}
    assert set(table["standard"]) == {"enterprise"}
    assert table["period_end"].max() == date(2019, 6, 30)


def test_the_levies_are_those_of_the_bureaus_code_table() -> None:
    table = etree.parse(FOLDER / "tycx-cjpt-web__resources__xml__hx_dm_gy_zsxm.xml")
    real = {each.findtext("dm"): each.findtext("mc") for each in table.iter("option")}
    assert {code: name for code, name in LEVIES.items() if real.get(code, name) != name} == {}
    assert len(LEVIES.keys() & real.keys()) == len(LEVIES) - 1


def test_the_connector_reads_every_answer_as_a_success_and_the_owner_from_the_list_of_duties() -> None:
    http = PortalHttp("http://127.0.0.1", private=True, timeout_seconds=1, connections=1)
    desk = ForeseeDesk(http, PORTAL)
    read = 0
    for file in sorted(FOLDER.glob("*.json")):
        if file.read_bytes().lstrip()[:1] != b"[":
            assert desk.unpack(file.read_bytes()).code == "", file.name
            read += 1
    desk.close()
    assert read == 18
    duties = unwrapped((FOLDER / "sbzs-cjpt-web__biz__sbqc__sbqc_aqsb__enterSbqc.json").read_bytes())
    assert owner(duties) == "91000000MA00000023"
