"""Measurement (indicators) and policy (data): from a snapshot to a score, a limit, a rate and their
reasons."""
