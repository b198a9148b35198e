"""No consent asks for more than its fair-use template allows."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.application import Letter
from authz.consent import DAILY, ConsentText, DataClass, Frequency, Party, Terms
from authz.consent import templates as module
from authz.consent.templates import Templates, templates
from authz.consent.terms import Institution, Institutions
from schema.dataset import Dataset
from schema.errors import ConsentBeyondTemplate
from schema.period import Period
from store.database import now

YEARS = Period(start=date(2024, 1, 1), end=date(2026, 12, 31))
USUAL = Terms("loan_application", {Dataset.INVOICE: YEARS}, False, DAILY, 90, 365)
LAYERED = Templates(
    b"""
version = "t"
[[template]]
data_life_days = 100
valid_days = 100
range_months = 36
reads = 1
unit = "day"
[[template]]
fetch = "periodic"
valid_days = 200
[[template]]
purpose = "loan_monitoring"
valid_days = 300
data_life_days = 50
[[template]]
dataset = "invoice"
valid_days = 10
[[template]]
dataset = "invoice"
purpose = "loan_monitoring"
valid_days = 20
"""
)


def test_the_specific_goes_before_the_general_for_each_ceiling_by_itself() -> None:
    def valid(purpose: str, fetch: str, dataset: Dataset) -> int:
        return LAYERED.ceiling(purpose, fetch, dataset).valid_days

    assert valid("loan_application", "once", Dataset.TAXPAYER) == 100
    assert valid("loan_application", "periodic", Dataset.TAXPAYER) == 200
    assert valid("loan_monitoring", "periodic", Dataset.TAXPAYER) == 300
    assert valid("loan_application", "periodic", Dataset.INVOICE) == 10
    assert valid("loan_monitoring", "periodic", Dataset.INVOICE) == 20
    assert LAYERED.ceiling("loan_monitoring", "once", Dataset.INVOICE).data_life_days == 50


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        (replace(USUAL, data_life_days=101), "data_life_days 101 is above 100"),
        (replace(USUAL, valid_days=11), "valid_days 11 is above 10"),
        (
            replace(
                USUAL,
                valid_days=10,
                scopes={Dataset.INVOICE: Period(start=date(2023, 12, 31), end=YEARS.end)},
            ),
            "range_months 37 is above 36",
        ),
        (replace(USUAL, valid_days=10, frequency=Frequency(2, "day")), "2 a day is above 1 a day"),
    ],
)
def test_what_is_beyond_is_refused_and_the_ceiling_is_named(terms: Terms, named: str) -> None:
    within = replace(terms, data_life_days=min(terms.data_life_days, 100)) if "life" not in named else terms
    with pytest.raises(ConsentBeyondTemplate) as refused:
        LAYERED.check(within)
    assert refused.value.detail == f"invoice: {named}"


def test_a_letter_beyond_its_template_cannot_be_made_at_all() -> None:
    bank = Institution("bank", "银行", "Bank")
    text = ConsentText("t", "", "", "", "")
    with pytest.raises(ConsentBeyondTemplate):
        Letter(
            "con_1",
            Party.BORROWER,
            DataClass.TAX,
            Institutions(bank, bank, bank),
            replace(USUAL, data_life_days=100_000),
            now(),
            now(),
            text,
        )


@given(
    times=st.integers(1, 100),
    unit=st.sampled_from(["day", "month"]),
    most=st.integers(1, 100),
    most_unit=st.sampled_from(["day", "month"]),
)
def test_no_frequency_that_passes_comes_to_more_reads(
    times: int, unit: str, most: int, most_unit: str
) -> None:
    passes = module._within(Frequency(times, unit), Frequency(most, most_unit))
    reads_on_a_day = times
    reads_in_a_month = times if unit == "month" else times * 31
    if passes:
        assert (reads_on_a_day if most_unit == "day" else reads_in_a_month) <= most


def test_every_dataset_has_every_ceiling_for_every_purpose_and_fetch() -> None:
    for purpose in ("loan_application", "loan_monitoring"):
        for fetch in ("once", "periodic"):
            for dataset in Dataset:
                assert templates().ceiling(purpose, fetch, dataset)


def test_the_hash_is_the_files() -> None:
    file = Path(module.__file__).parent / "fairuse.toml"
    assert templates().sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert templates().version == "2026-11"
