"""Measurement (indicators) and policy (data): from a snapshot to score, limit, rate and reasons.

Measurement. A ``Batch`` (``inputs/batch.py``) holds the tables of one firm or of a thousand, firm after firm;
``Rows`` (``inputs/rows.py``) decodes a column once into numpy: numbers, days and months of age, text codes.
A *derived* function works out arrays from it, firm first and month last (``series.Cube``: month 0 is that of
``as_of``), by ``bincount`` over firm and month or by sorting rows within a firm. An *indicator* is a function
whose parameters name derived arrays, other columns, or its window in ``months``; it answers one float a firm.
``plan.py`` puts all of them in order, or what some columns depend on; ``measure.py`` runs that once a batch.

What is missing is a NaN whose payload is the reason (``value.py``): arithmetic hands it on; a column whose
source is not there gets the source's reason. A row dated after ``as_of`` or fetched after the decision is
never read. Ratios are clipped at the policy's caps.

``facts.everything(batch)`` measures a batch, ``facts.some`` a few columns of it; ``facts.Facts`` is the door
for one borrower.

Policy. The cards of a policy stand as one ``sheet`` of arrays, so that a decision puts all columns into their
bins at once; its rules and signals as ``conditions``, settled for a product.
"""
