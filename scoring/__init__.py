"""Measurement (indicators) and policy (data): from a snapshot to score, limit, rate and reasons."""
