"""``python -m bench [NAME …] [--quick]``: measure, print, and write the figures to ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from bench import api_route, figures, large_pull, rpa_route, waiting

BENCHMARKS: Mapping[str, Callable[..., list[figures.Figure]]] = {
    "api_route": api_route.run,
    "rpa_route": rpa_route.run,
    "waiting": waiting.run,
    "large_pull": large_pull.run,
}


def main() -> int:
    """0 when every promise was met. ``--quick`` shows that everything runs, and keeps no figure."""
    parser = argparse.ArgumentParser(prog="bench", description="The same work done by peers and by us.")
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all when none is named")
    parser.add_argument("--quick", action="store_true", help="very short; the figures mean nothing")
    asked = parser.parse_args()
    met = True
    for name in asked.names or BENCHMARKS:
        found = BENCHMARKS[name](quick=asked.quick)
        for each in found:
            print(each.line(), flush=True)
        if not asked.quick:
            figures.write(name, f"python -m bench {name}", found)
        met = met and all(each.met for each in found)
    return 0 if met or asked.quick else 1


if __name__ == "__main__":
    sys.exit(main())
