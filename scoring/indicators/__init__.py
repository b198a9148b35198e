"""The indicator catalogue in code: importing this package fills ``CATALOGUE``."""

from scoring.indicators import (
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
)
from scoring.measure import CATALOGUE

__all__ = [
    "CATALOGUE",
    "fraud_consistency",
    "fraud_network",
    "fraud_pattern",
    "invoice_cancellations",
    "invoice_counterparties",
    "invoice_purchases",
    "invoice_sales",
    "operation_declared",
    "operation_paid",
    "operation_statements",
]
