"""Regional portals that one can run against: real servers with synthetic companies and faults on demand.

A peer of the outside world: it imports ``schema`` alone, and no other room imports it.
"""
