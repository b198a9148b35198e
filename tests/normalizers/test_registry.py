"""The last door before a snapshot: a table that the schema does not take stops its dataset."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.errors import ContractChanged
from tests.normalizers.gateway.conftest import raw


def test_a_column_that_is_never_null_and_is_so_stops_the_dataset() -> None:
    """A line of a return without its number fits the page's contract no more than the schema."""
    lines = [{"lc": "1", "lcmc": "按适用税率计税销售额", "bys": "1.00", "bnlj": None}]
    filed = {"sbxh": "", "sbblx": "ZZSYBNSR", "skssqq": "20250101", "skssqz": "20250131"}
    rest = {"sbqx": "20250217", "sbrq": "20250214", "gzsbxh": None, "mx": lines}
    body = {"nsrsbh": "91440300MA0SHAHE01", "zts": 1, "sbxx": [filed | rest]}
    page = raw(Dataset.TAX_RETURN, body, "vat", total=1)
    assert normalize(Dataset.TAX_RETURN, [page], ["raw/0"]).tables["tax_return_line"].height == 1
    with pytest.raises(ContractChanged, match=r"raw_ref is empty in 1 of 1 rows"):
        normalize(Dataset.TAX_RETURN, [page], [None])  # type: ignore[list-item]


def test_a_format_that_nobody_reads_is_a_changed_contract() -> None:
    page = raw(Dataset.TAX_RETURN, orjson.dumps({}), "vat", total=None)
    with pytest.raises(ContractChanged, match="nobody"):
        normalize(Dataset.TAX_RETURN, [replace(page, source_format="nobody.tax_return")], ["raw/0"])
