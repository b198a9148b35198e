"""What is earned and what it must carry, by proxies, fen a year."""

from __future__ import annotations

import numpy as np

from scoring.inputs.bank_side import given
from scoring.inputs.batch import Batch
from scoring.inputs.credit import Debt
from scoring.inputs.electricity import Power
from scoring.inputs.flows import Flows
from scoring.inputs.invoices import Side
from scoring.inputs.returns import Wages
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import NOT_APPLICABLE, Floats


@derived
def gross_profit(sold: Cube, bought: Cube, purchases: Side) -> Floats:
    """Sales minus purchases of the last 12 months; purchases are smoothed over 24 months where they reach so
    far, since what is bought for stock is not yet sold."""
    year = bought.total(12)
    smooth = np.where(purchases.history >= 24, (year + bought.total(24) / 2) / 2, year)
    return sold.total(12) - smooth


@derived
def ebitda(
    gross_profit: Floats, wages: Wages, power: Power, rent: Cube, flows: Flows, batch: Batch
) -> Floats:
    """Gross profit minus wages, electricity and rent; what the bank was told comes first."""
    told = given(batch, lambda context: context.ebitda_fen)
    paid = wages.total(wages.income, 12) + power.every_month(power.cost, 12)
    paid += flows.covered(rent.total(12), 12)
    worked_out = batch.masked(gross_profit - paid, "INV", "DEC", "ELE", "TXN")
    return np.where(np.isnan(told), worked_out, told)


@derived
def due_in_year(debt: Debt, batch: Batch) -> Floats:
    """Principal and interest due within a year; what the bank was told comes first."""
    told = given(batch, lambda context: context.annual_service_fen)
    return np.where(np.isnan(told), batch.masked(debt.service, "CRE"), told)


@derived
def yearly_service(due_in_year: Floats) -> Floats:
    """The same; ``NOT_APPLICABLE`` without any."""
    return np.where(due_in_year == 0, NOT_APPLICABLE, due_in_year)


@derived
def requested(batch: Batch) -> Floats:
    """Fen that are applied for."""
    return given(batch, lambda context: context.requested_fen)
