"""Roots: what wraps the tenant keys. A file, a token behind PKCS #11, or OpenBao's transit engine."""
