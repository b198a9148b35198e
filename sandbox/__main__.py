"""``python -m sandbox``: serve the portals of some regions until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from sandbox.company import Company
from sandbox.directory import Directory
from sandbox.folder import codes_of_moderate_size, load
from sandbox.generator import generate
from sandbox.invoicing import LINES
from sandbox.server import ROUTES, USUAL, Plan, serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Regional tax portals on loopback, with synthetic companies."
    )
    parser.add_argument(
        "--regions", default=",".join(USUAL), help='region codes, comma-separated; "all" for every one'
    )
    parser.add_argument(
        "--families", default="", help="portal families to start, comma-separated; all unless named"
    )
    parser.add_argument(
        "--routes",
        default="",
        metavar="53.api=gateway,…",
        help="routes of the regions named here, in place of those the sandbox knows for them",
    )
    parser.add_argument(
        "--companies", type=Path, metavar="DIR", help="folder of invoice CSV files instead of the generator"
    )
    parser.add_argument(
        "--codes", default="", help="firms of the folder, comma-separated, dealt to the regions in turn"
    )
    parser.add_argument(
        "--everywhere", action="store_true", help="every region knows every firm of the folder"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--count", type=int, default=12, help="companies a region, or in all from a folder without --codes"
    )
    parser.add_argument("--invoices", type=int, default=240, help="invoices a generated company")
    parser.add_argument("--lines", type=int, help="lines on each of them; one to three unless told")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=date.today(), help="last day of the generated histories"
    )
    parser.add_argument(
        "--endpoints", type=Path, metavar="FILE", help="JSON of addresses and keys, written when all listen"
    )
    parser.add_argument("--datahub", action="store_true", help="the bank's own data service too")
    parser.add_argument("--base-port", type=int, default=0, help="first port; 0 takes free ones")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    return parser.parse_args()


def _directories(asked: argparse.Namespace) -> list[Directory]:
    regions = list(ROUTES) if asked.regions == "all" else asked.regions.split(",")
    if asked.companies is None:
        return [Directory(region, _generated(region, asked)) for region in regions]
    codes = asked.codes.split(",") if asked.codes else codes_of_moderate_size(asked.companies, asked.count)
    dealt = {
        region: codes if asked.everywhere else codes[position :: len(regions)]
        for position, region in enumerate(regions)
    }
    return [
        Directory(region, load(asked.companies, region, own, seed=asked.seed, today=asked.today))
        for region, own in dealt.items()
    ]


def _generated(region: str, asked: argparse.Namespace) -> Iterator[Company]:
    """Made when the first one is asked for: with every region started, most are never visited."""
    yield from generate(
        region,
        seed=asked.seed,
        count=asked.count,
        today=asked.today,
        invoices_each=asked.invoices,
        lines=(asked.lines,) if asked.lines else LINES,
    )


def _routes(text: str) -> dict[str, Sequence[tuple[str, str]]]:
    """Every region's routes, those of ``text`` before the known ones."""
    own: dict[str, list[tuple[str, str]]] = {}
    for each in filter(None, text.split(",")):
        place, _, family = each.partition("=")
        region, _, route = place.partition(".")
        own.setdefault(region, []).append((route, family))
    return {**ROUTES, **own}


def main() -> None:
    """Parse, read or generate the companies, serve."""
    asked = _arguments()
    plan = Plan(
        directories=_directories(asked),
        endpoints=asked.endpoints,
        base_port=asked.base_port,
        latency_seconds=asked.latency_ms / 1000,
        families=frozenset(asked.families.split(",")) if asked.families else None,
        datahub=asked.datahub,
        routes=_routes(asked.routes),
    )
    asyncio.run(serve(plan))


if __name__ == "__main__":
    main()
