"""Real statements against what was worked out by hand, and against the formats' own libraries. The files stay
outside: TAXLINK_REAL_DATA names their folder."""

from __future__ import annotations

import json
import os
import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import mt940
import pytest
from ofxtools.Parser import OFXTree

from normalizers.documents import reader_of
from schema.errors import TaxlinkError
from schema.money import fen, yuan
from tests.normalizers.bank.rendering import NOW, Document, codes, figures, read

GOLDEN: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
REAL = Path(os.environ.get("TAXLINK_REAL_DATA", "/nowhere"))
FOLDERS = ("bank_cn", "bank_mt940", "bank_camt", "bank_ofx")
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="TAXLINK_REAL_DATA names no folder")


def told(name: str) -> dict[str, Any]:
    try:
        form, found = read((REAL / name).read_bytes(), "no name tells anything")
    except TaxlinkError as error:
        return {"error": error.code, "where": error.detail}
    table = found.tables["bank_transaction"]
    sums = {
        way: str(yuan(table.filter(direction=way)["amount_fen"].sum())) for way in ("in", "out", "neutral")
    }
    return {
        "format": form,
        "rows": table.height,
        **sums,
        "first": str(table["event_date"].min()),
        "last": str(table["event_date"].max()),
        "accounts": found.tables["bank_account"].height,
        "findings": sorted(codes(found)),
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_every_file_is_what_was_worked_out_or_a_named_error(name: str) -> None:
    assert told(name) == GOLDEN[name]


def test_every_file_has_its_truth_here() -> None:
    files = {f"{folder}/{path.name}" for folder in FOLDERS for path in (REAL / folder).iterdir()}
    assert files == set(GOLDEN)


READ = [name for name, truth in GOLDEN.items() if "error" not in truth]


@pytest.mark.parametrize("name", [name for name in READ if name.startswith("bank_mt940")])
def test_amounts_and_days_are_those_of_the_mt940_library(name: str) -> None:
    library = mt940.parse(REAL / name, options=mt940.Options(reversal_sign=True))
    truth = [
        (entry.data.get("entry_date", entry.data["date"]), fen(entry.data["amount"].amount))
        for entry in library
    ]
    _, found = read((REAL / name).read_bytes())
    assert [(on, signed) for on, signed, _ in figures(found)] == truth
    assert found.tables["bank_transaction"]["value_date"].to_list() == [e.data["date"] for e in library]


@pytest.mark.parametrize("name", ["stmtrs.ofx", "stmtrs_euro.ofx", "invstmtrs.ofx"])
def test_amounts_and_days_are_those_of_the_ofx_library(name: str) -> None:
    tree = OFXTree()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a broker's private tags
        with (REAL / "bank_ofx" / name).open("rb") as file:
            tree.parse(file)
        statements = tree.convert().statements
    truth = [_of(entry) for each in statements for entry in each.transactions]
    _, found = read((REAL / "bank_ofx" / name).read_bytes())
    assert [(on, signed) for on, signed, _ in figures(found)] == truth


def _of(entry: Any) -> tuple[date, int]:
    amount: Decimal = getattr(entry, "trnamt", None) or entry.total
    at = getattr(entry, "dtposted", None) or entry.dttrade
    return at.date(), fen(amount)


@pytest.mark.parametrize("name", sorted(path.name for path in REAL.glob("voucher_xbrl/element_spec/**/bk*")))
def test_a_list_of_elements_is_no_voucher(name: str) -> None:
    path = next(REAL.rglob(name))
    with pytest.raises(TaxlinkError, match="no format that is known"):
        reader_of(Document(name, path.read_bytes(), NOW))
