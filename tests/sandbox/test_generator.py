"""Generated companies are valid, labelled, and agree with themselves."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from sandbox.company import Company
from sandbox.generator import generate
from schema.region import default_region
from schema.taxpayer_id import division, is_valid

TODAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def companies() -> list[Company]:
    return generate("44", seed=7, count=12, today=TODAY)


def test_the_same_seed_gives_the_same_companies(companies: list[Company]) -> None:
    assert generate("44", seed=7, count=12, today=TODAY) == companies
    assert generate("44", seed=8, count=12, today=TODAY) != companies


@pytest.mark.parametrize("region", ["44", "4403", "31", "3302"])
def test_company_ids_are_valid_and_point_to_their_region(region: str) -> None:
    for company in generate(region, seed=1, count=4, today=TODAY, invoices_each=4):
        assert is_valid(company.taxpayer_id)
        found = default_region(division(company.taxpayer_id))
        assert found is not None
        assert found.code == region


def test_everything_is_labelled_synthetic(companies: list[Company]) -> None:
    for company in companies:
        assert company.name.startswith("沙盒")
        assert all(person.name.startswith("沙盒") for person in company.people)


def test_each_company_has_exactly_the_invoices_asked_for() -> None:
    (company,) = generate("31", seed=3, count=1, today=TODAY, invoices_each=501)
    assert len(company.issued) + len(company.received) == 501


def test_only_tax_control_invoices_are_void(companies: list[Company]) -> None:
    issued = [invoice for company in companies for invoice in (*company.issued, *company.received)]
    assert any(invoice.state == "作废" for invoice in issued)
    assert not any(invoice.digital and invoice.state == "作废" for invoice in issued)


def test_a_red_invoice_names_the_blue_one_it_offsets(companies: list[Company]) -> None:
    for company in companies:
        blues = {invoice.number: invoice for invoice in company.issued if not invoice.original_number}
        for red in (invoice for invoice in company.issued if invoice.original_number):
            assert red.total == -blues[red.original_number].total
            assert red.issued_at >= blues[red.original_number].issued_at


def test_lines_add_up_to_their_invoice(companies: list[Company]) -> None:
    for invoice in companies[0].issued:
        assert 1 <= len(invoice.lines) <= 3
        assert sum((line.amount for line in invoice.lines), Decimal(0)) == invoice.amount
        assert sum((line.tax for line in invoice.lines), Decimal(0)) == invoice.tax
        assert invoice.amount + invoice.tax == invoice.total


def test_vat_returns_agree_with_the_invoices_to_the_fen(companies: list[Company]) -> None:
    general, small = companies[0], companies[3]
    assert (len(general.returns), len(small.returns)) == (36, 12)
    for company, line in ((general, "11"), (small, "15")):
        declared = sum((each.lines[line][1] for each in company.returns), Decimal(0))
        filed_until = company.returns[-1].end
        counted = [i for i in company.issued if i.state == "正常" and i.issued_at.date() <= filed_until]
        assert declared == sum((invoice.tax for invoice in counted), Decimal(0))


def test_some_persons_serve_several_companies(companies: list[Company]) -> None:
    persons = {person.person_id: person for company in companies for person in company.people}
    served = Counter(len({role.taxpayer_id for role in person.roles}) for person in persons.values())
    assert served[1]
    assert served[2]
    chief = companies[1].people[0]
    assert {role.title for role in chief.roles} == {"法定代表人", "办税人"}
    assert chief in companies[0].people
