"""Files that a loan system or a borrower handed over, kept as raw pages beside those of portals."""
