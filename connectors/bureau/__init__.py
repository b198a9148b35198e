"""What e-tax bureaus (电子税务局) of any vendor have in common: a person signs in, a session reads.

A vendor's family brings its notation (``Desk``), its data file and what its datasets look like on the wire.
"""
