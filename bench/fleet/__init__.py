"""Every region, a day of faults, and what comes through: by one route, by retrying, by the suite."""
