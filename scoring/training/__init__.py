"""Fitting and validating cards on firms with known outcomes. Nothing at run time imports this room, which
needs the extra ``model``."""
