"""A portal that changes its payload stops that dataset and says which field; a new field is only noted."""

from __future__ import annotations

from typing import Any

import pytest

from normalizers.registry import normalize
from sandbox.company import Company
from schema.dataset import USUAL, Dataset
from schema.errors import ContractChanged, DataCorrupt
from schema.snapshot import Finding, Severity
from tests.normalizers.gateway.conftest import ROWS, bodies, pages, raw, refs


def _read(company: Company, dataset: Dataset, change: Any) -> tuple[Finding, ...]:
    given = pages(company, dataset, change)
    return normalize(dataset, given, refs(given)).findings


@pytest.mark.parametrize(
    ("dataset", "field"),
    [(Dataset.TAX_CREDIT_RATING, "xydj"), (Dataset.TAX_RETURN, "sbrq"), (Dataset.INVOICE, "je")],
)
def test_a_renamed_field_in_every_record(company: Company, dataset: Dataset, field: str) -> None:
    def rename(body: dict[str, Any]) -> None:
        for row in body[ROWS[dataset]]:
            row["renamed"] = row.pop(field)

    with pytest.raises(ContractChanged, match=field):
        _read(company, dataset, rename)


def test_a_field_missing_in_one_record(company: Company) -> None:
    with pytest.raises(ContractChanged, match=r"je is empty in 1 of"):
        _read(company, Dataset.INVOICE, lambda body: body["fpxx"][5].pop("je"))


def test_a_nullable_field_that_disappears(company: Company) -> None:
    def drop(body: dict[str, Any]) -> None:
        for row in body["fpxx"]:
            del row["yfphm"]

    with pytest.raises(ContractChanged, match="yfphm"):
        _read(company, Dataset.INVOICE, drop)


def test_a_retyped_field(company: Company) -> None:
    def retype(body: dict[str, Any]) -> None:
        for row in body["fpxx"]:
            row["je"] = float(row["je"])

    with pytest.raises(ContractChanged, match="je is Float64"):
        _read(company, Dataset.INVOICE, retype)


def test_a_renamed_field_of_a_line(company: Company) -> None:
    def rename(body: dict[str, Any]) -> None:
        for row in body["fpxx"]:
            for line in row["mx"]:
                line["taxrate"] = line.pop("slv")

    with pytest.raises(ContractChanged, match="slv"):
        _read(company, Dataset.INVOICE, rename)


def test_a_list_that_is_none(company: Company) -> None:
    with pytest.raises(ContractChanged, match="fpxx"):
        _read(company, Dataset.INVOICE, lambda body: body.update(fpxx={"je": "1"}))


def test_an_unknown_code(company: Company) -> None:
    with pytest.raises(ContractChanged, match="fpzt has unknown codes in 2"):
        _read(company, Dataset.INVOICE, lambda body: body["fpxx"][0].update(fpzt="9"))


def test_a_new_field_is_recorded_once_and_the_data_are_read(company: Company) -> None:
    def extend(body: dict[str, Any]) -> None:
        for row in body["fpxx"]:
            row["xzd"] = "1"
            for line in row["mx"]:
                line["tdyw"] = "2"

    assert _read(company, Dataset.INVOICE, extend) == (
        Finding("new_field", Severity.INFO, Dataset.INVOICE, "invoice.fpxx.xzd"),
        Finding("new_field", Severity.INFO, Dataset.INVOICE, "invoice.fpxx.mx.tdyw"),
    )


@pytest.mark.parametrize("cut", [1, 40, 1000])
@pytest.mark.parametrize("dataset", USUAL)
def test_truncated_json_is_corrupt(company: Company, dataset: Dataset, cut: int) -> None:
    whole = pages(company, dataset)[0]
    content = whole.content[: max(0, len(whole.content) - cut)]
    with pytest.raises(DataCorrupt):
        normalize(dataset, [raw(dataset, content, "x", total=None)], ["raw/0"])


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b'{"je":"\xb9\xe3"}'])
def test_what_is_no_json_is_corrupt(content: bytes) -> None:
    with pytest.raises(DataCorrupt):
        normalize(Dataset.INVOICE, [raw(Dataset.INVOICE, content, "x", total=None)], ["raw/0"])


@pytest.mark.parametrize("amount", ["", "1.005", "12,34x", "1e5", "--1", "NaN", "∞"])
def test_what_is_no_amount_is_corrupt_and_is_not_shown(company: Company, amount: str) -> None:
    with pytest.raises(DataCorrupt, match="je is not an amount of money in 2 of 240") as raised:
        _read(company, Dataset.INVOICE, lambda body: body["fpxx"][0].update(je=amount))
    assert not amount or amount not in str(raised.value)


@pytest.mark.parametrize("printed", ["2024-13-01", "20240230", "yesterday"])
def test_what_is_no_date_is_corrupt(company: Company, printed: str) -> None:
    with pytest.raises(DataCorrupt, match="kprq"):
        _read(company, Dataset.INVOICE, lambda body: body["fpxx"][0].update(kprq=printed))


def test_a_format_nobody_reads(company: Company) -> None:
    foreign = raw(Dataset.INVOICE, bodies(company, Dataset.INVOICE)[0], "x", total=None)
    object.__setattr__(foreign, "source_format", "gateway.unheard_of")
    with pytest.raises(ContractChanged, match="unheard_of"):
        normalize(Dataset.INVOICE, [foreign], ["raw/0"])
