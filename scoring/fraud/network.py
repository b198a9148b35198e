"""Who sells to whom within a year, over all firms of a batch and what the bank knows of others.

Each sale is known from the seller's invoices, the buyer's, or both: the larger telling counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import networkx as nx

from scoring.fraud.terms import Loop
from scoring.inputs.batch import Batch
from scoring.inputs.invoices import Side
from scoring.inputs.loops import flow
from scoring.inputs.parties import INDIVIDUAL


@dataclass(frozen=True)
class Circle:
    """Sales in a circle that starts with the firm examined; each is at least ``fen`` wide, netted."""

    firms: tuple[str, ...]
    fen: float


class Network:
    """A weighted graph from seller to buyer in fen, netted on demand."""

    def __init__(self, sold: nx.DiGraph[str], members: frozenset[str]) -> None:
        self._sold = sold
        self.members = members
        """Firms whose own invoices are in the graph."""

    def between(self, seller: str, buyer: str) -> float:
        """Fen sold."""
        return float(self._sold.edges[seller, buyer]["fen"]) if self._sold.has_edge(seller, buyer) else 0.0

    def sales(self, firm: str) -> list[tuple[str, float]]:
        """Customers and fen."""
        return [(buyer, float(edge["fen"])) for buyer, edge in self._sold.succ.get(firm, {}).items()]

    def purchases(self, firm: str) -> list[tuple[str, float]]:
        """Suppliers and fen."""
        return [(seller, float(edge["fen"])) for seller, edge in self._sold.pred.get(firm, {}).items()]

    def circles(self, firm: str, terms: Loop) -> list[Circle]:
        """Circles of three sales or more, the widest first; each takes its width off the sales it used, so
        that no yuan is counted twice."""
        least = terms.least_share * sum(fen for _, fen in self.sales(firm))
        left: dict[tuple[str, str], float] = {}
        found = sorted(self._paths(firm, least, terms, left), key=lambda each: (-each.fen, each.firms))
        circles = []
        for each in found:
            steps = list(zip(each.firms, (*each.firms[1:], firm), strict=True))
            width = min(left[step] for step in steps)
            if width > 0 and width >= least:
                circles.append(Circle(each.firms, width))
                left |= {step: left[step] - width for step in steps}
        return circles

    def _paths(
        self, firm: str, least: float, terms: Loop, left: dict[tuple[str, str], float]
    ) -> Iterator[Circle]:
        if firm not in self._sold or least <= 0:
            return
        wide = nx.subgraph_view(
            self._sold, filter_edge=lambda seller, buyer: self._net(seller, buyer) >= least
        )
        knot = wide.subgraph((nx.descendants(wide, firm) & nx.ancestors(wide, firm)) | {firm})
        ways = (
            path
            for customer in sorted(knot.successors(firm))
            for path in nx.all_simple_paths(knot, customer, firm, cutoff=terms.longest - 1)
        )
        for path in islice(ways, terms.most_paths):
            firms = (firm, *path[:-1])
            steps = list(zip(firms, path, strict=True))
            left |= {step: self._net(*step) for step in steps}
            yield Circle(firms, min(left[step] for step in steps))

    def _net(self, seller: str, buyer: str) -> float:
        return self.between(seller, buyer) - self.between(buyer, seller)


def network(batch: Batch, sales: Side, purchases: Side) -> Network:
    """The graph of a batch and of the edges that its contexts tell."""
    sold: nx.DiGraph[str] = nx.DiGraph()

    def tell(seller: str, buyer: str, fen: float) -> None:
        if fen > 0 and seller != buyer and INDIVIDUAL not in (seller, buyer):
            held = sold.edges[seller, buyer]["fen"] if sold.has_edge(seller, buyer) else 0.0
            sold.add_edge(seller, buyer, fen=max(held, fen))

    pairs = sales.pairs
    for side, outward in ((sales, True), (purchases, False)):
        for firm, key, fen in zip(pairs.firm.tolist(), pairs.keys, side.net(0, 12).tolist(), strict=True):
            own = batch.taxpayers[firm]
            seller, buyer = (own, key) if outward else (key, own)
            tell(seller, buyer, fen)
    for (seller, buyer), fen in _others(batch).items():
        tell(seller, buyer, fen)
    return Network(sold, frozenset(batch.taxpayers))


def _others(batch: Batch) -> dict[tuple[str, str], float]:
    """Sales among other authorised firms, summed within the year; told to several firms they count once."""
    told = {
        (id(context.edges), day): context.edges
        for context, day in zip(batch.contexts, batch.as_of, strict=True)
        if context.edges
    }
    found: dict[tuple[str, str], float] = {}
    for (_, day), edges in told.items():
        for seller, sales in flow(edges, day).items():
            for buyer, fen in sales.items():
                found[(seller, buyer)] = max(fen, found.get((seller, buyer), 0.0))
    return found
