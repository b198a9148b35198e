"""Real invoices through the gateway and the normalizers equal their CSV to the fen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from connectors.testing.portals import Portals
from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.money import fen
from schema.period import Period
from schema.snapshot import Normalized
from tests.connectors.bank import GATEWAY, Bank

CODES = ["E4", "E5", "E10"]
WHOLE = Period.model_validate({"start": "2015-01-01", "end": "2020-12-31"})
STATES = {"有效发票": "valid", "作废发票": "void"}


@pytest.fixture(scope="module")
def real_bank(start_sandbox: Callable[..., Portals], real_invoices: Path) -> Bank:
    running = start_sandbox(
        *("--regions", "44", "--families", "gateway"),
        *("--companies", str(real_invoices), "--codes", ",".join(CODES)),
    )
    return Bank(GATEWAY, running, GATEWAY.connected(running), running.companies(GATEWAY.name))


def _collected(bank: Bank, name: str) -> Normalized:
    company = next(company for company in bank.companies if company["name"] == name)
    grant = bank.granted(company, scopes={Dataset.INVOICE: WHOLE})
    pages = list(bank.connector.fetch(grant, company["taxpayer_id"], Dataset.INVOICE, WHOLE))
    return normalize(Dataset.INVOICE, pages, [f"raw/{page.sequence}" for page in pages])


@pytest.mark.real_data
@pytest.mark.parametrize("code", CODES)
def test_sums_and_counts_equal_the_csv(real_bank: Bank, real_invoices: Path, code: str) -> None:
    invoices = _collected(real_bank, f"企业{code}").tables["invoice"]
    for pattern, direction in (("*output*", "out"), ("*input*", "in")):
        rows = pl.concat(pl.read_csv(file, infer_schema=False) for file in real_invoices.glob(pattern))
        rows = rows.filter(pl.col("企业代号") == code)
        ours = invoices.filter(pl.col("direction") == direction)
        for printed, column in (("金额", "amount_fen"), ("税额", "tax_fen"), ("价税合计", "total_fen")):
            assert ours[column].sum() == sum(map(fen, rows[printed]))
        assert Counter(ours["state"]) == Counter(STATES[state] for state in rows["发票状态"])
    assert invoices["invoice_key"].is_unique().all()
