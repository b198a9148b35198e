"""Invoices as documents: one module a format."""
