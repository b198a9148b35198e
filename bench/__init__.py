"""The same work done by peers and by us, in one run. Ratios are the figures; times belong to a machine."""
