"""``python -m cli`` is ``taxlink``."""

from cli.main import main

main()
