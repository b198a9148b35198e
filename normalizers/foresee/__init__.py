"""Readers of the Foresee pattern's pages: objects within JSON strings, VAT forms as grids of numbers."""
