"""The worker's browser, and what went wrong in it, in the words of ``schema.errors``."""
