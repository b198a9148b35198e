"""Keys, sealing, the sealed store, sessions, single-use secrets and redaction.

Nothing secret exists outside it.
"""
