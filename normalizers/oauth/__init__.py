"""Readers of the OAuth data platform's pages: JSON objects with English keys, amounts as text."""
