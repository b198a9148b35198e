"""The fleet: every region, a day of faults, and what comes through by one route, by retrying, and by the suite."""
