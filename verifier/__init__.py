"""The verifier: checks an export of the audit log or an evidence file with Python and ``cryptography`` alone.

It imports no other room and needs no database. It travels with every export: ``python -m verifier FILE``.
"""
