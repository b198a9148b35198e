"""Readers of the bank-side tax feed: a file a table, GBK, fields parted by the escape character."""
