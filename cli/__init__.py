"""The ``taxlink`` command. Thin: a command calls a room below and prints what it gives."""
