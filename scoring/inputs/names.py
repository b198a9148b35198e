"""Names that meet: those on invoices, on bank movements, on contracts, and of related parties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scoring.inputs.bank_side import Known, flagged
from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.inputs.invoices import Side
from scoring.inputs.pairs import Pairs
from scoring.inputs.parties import fold_name
from scoring.measure import derived
from scoring.series import ratio, segment_sum, since
from scoring.value import NOT_AVAILABLE, Bools, Floats, Ints

_RELATED_TABLES = ("related_company", "registration_shareholder")


@dataclass(frozen=True, eq=False)
class Named:
    """The folded names of pairs as codes of the counterparties of bank movements, −1 for any other."""

    flows: Flows
    pairs: Pairs
    folded: list[str | None]
    party: Ints

    @cached_property
    def named(self) -> Bools:
        """The pairs whose name is told."""
        return np.array([name is not None for name in self.folded], dtype=np.bool_)

    @cached_property
    def cell(self) -> Ints:
        """The code of each pair's firm and party among movements, −1 where there is none."""
        return np.where(self.party < 0, -1, self.pairs.firm * len(self.flows.parties) + self.party)

    def moves(self, mask: Bools) -> Bools:
        """Movements with the company of a pair of the mask."""
        wanted = np.zeros(self.pairs.firms * len(self.flows.parties), dtype=np.bool_)
        wanted[self.cell[mask & (self.party >= 0)]] = True
        return wanted[self.flows.party_cell]

    def match(self, side: Side, mask: Bools, months: int) -> Floats:
        """The part of the mask's movements of the window that is with invoiced companies, by amount."""
        flows = self.flows
        keep = mask & flows.operating & (flows.age < months)
        met = keep & self.moves(side.net(0, months) != 0)
        part = ratio(flows.rows.sum(met, flows.amount), flows.rows.sum(keep, flows.amount))
        covered = since(flows.history, months, part) + flows.unclassified
        told = side.pairs.count(self.named & (side.net(0, months) != 0.0)) > 0.0
        return np.where(told, covered, NOT_AVAILABLE)


@derived
def named(flows: Flows, sales: Side, names_of_pairs: list[str | None]) -> Named:
    """The meeting of invoices and bank statements."""
    code_of: dict[str | None, int] = {name: code for code, name in enumerate(flows.parties)}
    folded = [None if name is None or not name.strip() else fold_name(name) for name in names_of_pairs]
    party = np.array([code_of.get(name, -1) for name in folded], dtype=np.int64)
    return Named(flows, sales.pairs, folded, party)


@derived
def agreed_share(named: Named, paid_by_pair: Floats, sales: Side, batch: Batch) -> Floats:
    """Share of the year's invoiced totals with both a contract and payment, a customer at a time."""
    contracts = [
        None if context.contracts is None else {fold_name(name) for name in context.contracts}
        for context in batch.contexts
    ]
    if all(held is None for held in contracts):
        return np.full(batch.firms, NOT_AVAILABLE)
    pairs, flows = sales.pairs, named.flows
    year = (sales.pair >= 0) & ~sales.void & (sales.age < 12)
    total = segment_sum(sales.pair[year], len(pairs), sales.column("total_fen")[year])
    signed = [
        name is not None and (held := contracts[firm]) is not None and name in held
        for firm, name in zip(pairs.firm.tolist(), named.folded, strict=True)
    ]
    positive = np.maximum(total, 0.0)
    agreed = pairs.sum(np.minimum(positive, paid_by_pair) * np.array(signed, dtype=np.bool_))
    share = since(flows.history, 12, ratio(agreed, pairs.sum(positive))) + flows.unclassified
    return np.where([held is None for held in contracts], NOT_AVAILABLE, share)


@dataclass(frozen=True, eq=False)
class Related:
    """Keys and folded names of each firm's related parties (关联方), and 0 or why nothing is known."""

    keys: list[set[str]]
    names: list[set[str]]
    gap: Floats


@derived
def related(batch: Batch) -> Related:
    """Told by the bank, and by the register: related companies, and companies among the holders."""
    keys = [set(context.related or ()) for context in batch.contexts]
    names: list[set[str]] = [set() for _ in keys]
    for table, key, name in zip(
        _RELATED_TABLES, ("company_id", "holder_id"), ("name", "holder_name"), strict=True
    ):
        rows = batch.rows(table)
        for firm, told, text in zip(rows.firm.tolist(), rows.texts(key), rows.texts(name), strict=True):
            if told is not None:
                keys[firm].add(told)
            if text is not None:
                names[firm].add(fold_name(text))
    ours = [context.related is not None for context in batch.contexts]
    return Related(keys, names, np.where(ours, 0.0, batch.gap("SHR")))


@derived
def related_pairs(related: Related, sales: Side) -> Known:
    """The pairs with a related party."""
    return replace(flagged(sales.pairs, related.keys), gap=related.gap)
