"""The indicator catalogue in code: importing this package fills ``CATALOGUE``."""

from scoring.indicators import (
    behaviour_filing,
    behaviour_standing,
    flow_operating,
    flow_warning,
    fraud_consistency,
    fraud_network,
    fraud_pattern,
    invoice_cancellations,
    invoice_counterparties,
    invoice_purchases,
    invoice_sales,
    operation_declared,
    operation_paid,
    operation_statements,
    registration_changes,
    registration_status,
)
from scoring.inputs import companies, loops
from scoring.measure import CATALOGUE

__all__ = [
    "CATALOGUE",
    "behaviour_filing",
    "behaviour_standing",
    "companies",
    "flow_operating",
    "flow_warning",
    "fraud_consistency",
    "fraud_network",
    "fraud_pattern",
    "invoice_cancellations",
    "invoice_counterparties",
    "invoice_purchases",
    "invoice_sales",
    "loops",
    "operation_declared",
    "operation_paid",
    "operation_statements",
    "registration_changes",
    "registration_status",
]
