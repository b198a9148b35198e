"""The indicator catalogue in code: importing this package fills ``scoring.measure.CATALOGUE``."""

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

__all__ = [
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
