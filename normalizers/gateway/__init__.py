"""Readers of the bank-tax gateway's pages: JSON objects with pinyin keys, amounts as text."""
