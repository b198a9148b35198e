"""Readers of the unified electronic tax bureau: pages as HTML, invoices as the platform's spreadsheet."""
