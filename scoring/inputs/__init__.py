"""What indicators measure: each source of a snapshot once, as vectors by month and by counterparty."""
