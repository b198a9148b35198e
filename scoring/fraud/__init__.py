"""The fraud graph: what trade between firms looks like, finding by finding, each with its invoices.

Measured from a batch that is open anyway, for the bank's eyes alone; nothing of it is kept, and no customer
text reads it. ``examine.examine`` is the door.
"""
