"""``python -m bench [NAME …] [--quick]``: measure, print, and write the figures to ``docs/benchmarks.md``.

``fleet`` and ``portfolio`` take options of their own; one of another size than the whole keeps no figure
either.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from bench import (
    api_route,
    audit,
    decision,
    figures,
    large_pull,
    normalize,
    portfolio,
    rpa_route,
    scoring,
    statements,
    vault,
    vault_scale,
    waiting,
)
from bench.fleet import run as fleet

BENCHMARKS: Mapping[str, Callable[..., list[figures.Figure]]] = {
    "api_route": api_route.run,
    "rpa_route": rpa_route.run,
    "waiting": waiting.run,
    "large_pull": large_pull.run,
    "normalize": normalize.run,
    "vault": vault.run,
    "vault_scale": vault_scale.run,
    "statements": statements.run,
    "scoring": scoring.run,
    "decision": decision.run,
    "portfolio": portfolio.run,
    "fleet": fleet.run,
    "audit": audit.run,
}
_OWN = {"fleet": ("authorizations", "sample", "seed"), "portfolio": ("firms",)}
_SIZES = {"authorizations", "firms"}
_LONG = {"portfolio"}
"""Takes an hour: run where it is named."""


def main() -> int:
    """0 when every promise was met. ``--quick`` shows that everything runs, and keeps no figure."""
    parser = argparse.ArgumentParser(prog="bench", description="The same work done by peers and by us.")
    parser.add_argument(
        "names", nargs="*", choices=[[], *BENCHMARKS], help="which; without one, all but portfolio"
    )
    parser.add_argument("--quick", action="store_true", help="very short; the figures mean nothing")
    parser.add_argument("--authorizations", type=int, help="fleet: how many in the day; 2000 unless told")
    parser.add_argument("--sample", type=int, help="fleet: a clerk does every so-manieth; 20 unless told")
    parser.add_argument("--seed", type=int, help="fleet: of the day; 7 unless told")
    parser.add_argument("--firms", type=int, help="portfolio: how many; 100000 unless told")
    asked = parser.parse_args()
    met = True
    for name in asked.names or [each for each in BENCHMARKS if each not in _LONG]:
        own = _OWN.get(name, ())
        options = {option: given for option in own if (given := getattr(asked, option)) is not None}
        found = BENCHMARKS[name](quick=asked.quick, **options)
        for each in found:
            print(each.line(), flush=True)
        if not asked.quick and not _SIZES & options.keys():
            told = "".join(f" --{option} {given}" for option, given in options.items())
            figures.write(name, f"python -m bench {name}{told}", found)
        met = met and all(each.met is not False for each in found)
    return 0 if met or asked.quick else 1


if __name__ == "__main__":
    sys.exit(main())
