"""A bureau that changes its answers is told; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from normalizers.registry import normalize
from schema.dataset import Dataset
from schema.errors import ContractChanged, DataCorrupt, TaxlinkError
from schema.snapshot import Finding
from tests.normalizers.foresee.test_golden import EXAMPLES, _page


def read(name: str, dataset: Dataset, change: Callable[[bytes], bytes]) -> tuple[Finding, ...]:
    """Read one example, changed."""
    page = _page(dataset, next(file for file in EXAMPLES if file.name == name))
    return normalize(dataset, [replace(page, content=change(page.content))], ["raw/0"]).findings


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (b"asysljsxse", b"xse", ContractChanged),
        (b"zbGrid", b"grid", ContractChanged),
        (b'"ywbm": "ybnsrzzs"', b'"ywbm": "lhfjssb"', ContractChanged),
        (b"1.25000001E7", b"1.2500000123E7", DataCorrupt),
        (b"1.25000001E7", b"1.25000001E", DataCorrupt),
    ],
)
def test_a_changed_form_is_refused(old: bytes, new: bytes, cause: type[TaxlinkError]) -> None:
    with pytest.raises(cause):
        read("foresee.tax_return@1001.json", Dataset.TAX_RETURN, lambda form: form.replace(old, new))


@pytest.mark.parametrize("field", [b"nsrmc", b"frxm", b"zcdz", b"hyDm"])
def test_a_field_that_disappears_from_the_registration_is_named(field: bytes) -> None:
    with pytest.raises(ContractChanged, match=field.decode()):
        read("foresee.taxpayer@.json", Dataset.TAXPAYER, lambda form: form.replace(field, b"x" + field))


def test_a_state_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ContractChanged, match="nsrztDm"):
        read(
            "foresee.taxpayer@.json",
            Dataset.TAXPAYER,
            lambda form: form.replace(b'nsrztDm\\": \\"03', b'nsrztDm\\": \\"77').replace(
                b'nsrztDm\\":\\"03', b'nsrztDm\\":\\"77'
            ),
        )


def test_an_amount_is_never_a_binary_fraction() -> None:
    """0.29 has no exact double; 29 fen it is."""

    def change(form: bytes) -> bytes:
        return form.replace(b"25.5", b"0.29")

    page = _page(
        Dataset.TAX_RETURN, next(file for file in EXAMPLES if file.name == "foresee.tax_return@1001.json")
    )
    found = normalize(Dataset.TAX_RETURN, [replace(page, content=change(page.content))], ["raw/0"])
    table = found.tables["tax_return_line"].filter(line="12", column="current")
    assert table["amount_fen"].to_list() == [29]
