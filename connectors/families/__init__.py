"""Families: portals built by one vendor on one pattern. Each package offers ``connect(endpoint, tools)``."""
