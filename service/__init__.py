"""The service: ``api`` for loan systems, ``link`` for borrowers, ``console`` for operations."""
