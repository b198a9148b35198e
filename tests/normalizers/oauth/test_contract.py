"""A platform that changes its payload stops that dataset and says which field; a new field is only noted."""

from __future__ import annotations

from typing import Any

import pytest

from normalizers.registry import normalize
from sandbox.company import Company
from schema.dataset import USUAL, Dataset
from schema.errors import ContractChanged, DataCorrupt
from schema.snapshot import Finding, Severity
from tests.normalizers.oauth.conftest import pages, raw, refs


def _read(company: Company, dataset: Dataset, change: Any) -> tuple[Finding, ...]:
    given = pages(company, dataset, change)
    return normalize(dataset, given, refs(given)).findings


@pytest.mark.parametrize(
    ("dataset", "field"),
    [(Dataset.TAX_CREDIT_RATING, "grade"), (Dataset.TAX_RETURN, "filedAt"), (Dataset.INVOICE, "amount")],
)
def test_a_renamed_field_in_every_record(company: Company, dataset: Dataset, field: str) -> None:
    def rename(body: dict[str, Any]) -> None:
        for row in body["items"]:
            row["renamed"] = row.pop(field)

    with pytest.raises(ContractChanged, match=field):
        _read(company, dataset, rename)


def test_a_retyped_field(company: Company) -> None:
    def retype(body: dict[str, Any]) -> None:
        for row in body["items"]:
            row["amount"] = float(row["amount"])

    with pytest.raises(ContractChanged, match="amount is Float64"):
        _read(company, Dataset.INVOICE, retype)


def test_an_unknown_code(company: Company) -> None:
    with pytest.raises(ContractChanged, match="state has unknown codes in 2"):
        _read(company, Dataset.INVOICE, lambda body: body["items"][0].update(state="FROZEN"))


def test_a_new_field_is_recorded_once_and_the_data_are_read(company: Company) -> None:
    def extend(body: dict[str, Any]) -> None:
        for row in body["items"]:
            row["remark"] = "x"

    assert _read(company, Dataset.INVOICE, extend) == (
        Finding("new_field", Severity.INFO, Dataset.INVOICE, "invoices.items.remark"),
    )


@pytest.mark.parametrize("cut", [1, 40, 1000])
@pytest.mark.parametrize("dataset", USUAL)
def test_truncated_json_is_corrupt(company: Company, dataset: Dataset, cut: int) -> None:
    whole = pages(company, dataset)[0]
    content = whole.content[: max(0, len(whole.content) - cut)]
    with pytest.raises(DataCorrupt):
        normalize(dataset, [raw(dataset, content, "x", total=None)], ["raw/0"])


@pytest.mark.parametrize("amount", ["", "1.005", "1e5", "NaN"])
def test_what_is_no_amount_is_corrupt_and_is_not_shown(company: Company, amount: str) -> None:
    with pytest.raises(DataCorrupt, match="amount is not an amount of money in 2 of 240") as raised:
        _read(company, Dataset.INVOICE, lambda body: body["items"][0].update(amount=amount))
    assert not amount or amount not in str(raised.value)


@pytest.mark.parametrize("printed", ["2024-13-01", "2024-02-30T10:00:00", "yesterday"])
def test_what_is_no_date_is_corrupt(company: Company, printed: str) -> None:
    with pytest.raises(DataCorrupt, match="issuedAt"):
        _read(company, Dataset.INVOICE, lambda body: body["items"][0].update(issuedAt=printed))
