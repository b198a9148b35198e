"""Reader of the bank's data hub: one contract a dataset, see ``schema.hubcontract``."""
