"""What 北京's bureau really answered in 2019. Figures were read off the files by hand."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from connectors.families.foresee.api import PORTAL, ForeseeDesk, owner, unwrapped
from connectors.http import PortalHttp
from normalizers.foresee.vat_return import filings
from normalizers.registry import Page, normalize
from schema.dataset import Dataset, Route
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
    due = {serial: (row["skssqz"], row["sbqx"], row["sbrq_1"]) for serial, row in listed.items()}
    assert due == {
        "10011119000038320855": ("2019-05-31", "2019-06-19", "2019-06-04"),
        "10011119000031359414": ("2019-04-30", "2019-05-21", "2019-05-10"),
    }
    brief = unwrapped((FOLDER / "sbzs-cjpt-web__sbxxcx__getSbxxcx.json").read_bytes())["sbList"]
    assert {each["pzxh"] for each in brief if each["ywbm"] == "YBNSRZZS"} == set(due)


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
