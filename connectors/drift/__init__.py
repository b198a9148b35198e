"""Drift: what a portal shows to nobody in particular, and what its payloads hold, compared with what they
were."""
