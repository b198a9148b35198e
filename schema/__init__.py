"""The common schema: what every other room may speak of. It imports nothing of the house."""
