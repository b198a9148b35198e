"""Readers of delivered files: CSV as a Chinese Excel writes it, and workbooks."""
