"""The rows of the common schema, one module a dataset: the only definition of tables, columns and words."""
