"""Connectors: one route into one region, behind one interface."""
