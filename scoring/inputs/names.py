"""Names that meet: those on invoices, on bank movements, on contracts, and of related parties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from scoring.inputs.bank_side import Known
from scoring.inputs.batch import Batch
from scoring.inputs.flows import Flows
from scoring.inputs.invoices import Side
from scoring.inputs.parties import fold_name
from scoring.measure import derived
from scoring.series import segment_sum
from scoring.value import INSUFFICIENT, NANS, NOT_AVAILABLE, Bools, Floats, Ints

_fold = lru_cache(maxsize=1 << 18)(fold_name)
_RELATED_TABLES = ("related_company", "registration_shareholder")


@dataclass(frozen=True, eq=False)
class Named:
    """The folded names of pairs as codes of the counterparties of bank movements, −1 for any other."""

    flows: Flows
    folded: list[str | None]
    party: Ints

    @cached_property
    def named(self) -> Bools:
        """The pairs whose name is told."""
        return np.array([name is not None for name in self.folded], dtype=np.bool_)

    def invoiced(self, side: Side, months: int) -> Bools:
        """Whether each cell of firm and bank counterparty was invoiced in the window, flat."""
        pairs, width = side.pairs, len(self.flows.parties)
        known = (self.party >= 0) & (side.net(0, months) != 0)
        cells = np.zeros(pairs.firms * max(width, 1), dtype=np.bool_)
        cells[pairs.firm[known] * width + self.party[known]] = True
        return cells

    def match(self, side: Side, mask: Bools, months: int) -> Floats:
        """The part of the mask's movements of the window that is with invoiced companies, by amount."""
        flows = self.flows
        keep = mask & flows.operating & (flows.age < months)
        cell = flows.rows.firm * len(flows.parties) + flows.party
        met = keep & self.invoiced(side, months)[cell] if len(cell) else keep
        whole = flows.rows.sum(keep, flows.amount)
        part = np.where(whole <= 0, INSUFFICIENT, flows.rows.sum(met, flows.amount) / whole)
        covered = np.where(flows.history < months, INSUFFICIENT, part) + flows.unclassified
        told = side.pairs.count(self.named & (side.net(0, months) != 0.0)) > 0.0
        return np.where(told, covered, NOT_AVAILABLE)


@derived
def named(flows: Flows, names_of_pairs: list[str | None]) -> Named:
    """The meeting of invoices and bank statements."""
    code_of: dict[str | None, int] = {name: code for code, name in enumerate(flows.parties)}
    folded = [None if name is None or not name.strip() else _fold(name) for name in names_of_pairs]
    party = np.array([code_of.get(name, -1) for name in folded], dtype=np.int64)
    return Named(flows, folded, party)


@derived
def agreed_share(named: Named, sales: Side, batch: Batch) -> Floats:
    """Share of the year's invoiced totals with both a contract and payment, a customer at a time."""
    contracts = [
        None if context.contracts is None else {_fold(name) for name in context.contracts}
        for context in batch.contexts
    ]
    if all(held is None for held in contracts):
        return np.full(batch.firms, NOT_AVAILABLE)
    pairs, flows = sales.pairs, named.flows
    year = (sales.pair >= 0) & ~sales.void & (sales.age < 12)
    total = segment_sum(sales.pair[year], len(pairs), sales.column("total_fen")[year])
    firm, party, paid = flows.by_party(flows.into & flows.operating & (flows.age < 12))
    width = max(len(flows.parties), 1)
    cells = segment_sum(firm * width + party, batch.firms * width, paid)
    paid_of = np.where(named.party >= 0, cells[pairs.firm * width + np.maximum(named.party, 0)], 0.0)
    signed = [
        name is not None and (held := contracts[firm]) is not None and name in held
        for firm, name in zip(pairs.firm.tolist(), named.folded, strict=True)
    ]
    positive = np.maximum(total, 0.0)
    whole = pairs.sum(positive)
    agreed = pairs.sum(np.minimum(positive, paid_of) * np.array(signed, dtype=np.bool_))
    share = np.where(whole <= 0, INSUFFICIENT, agreed / whole)
    share = np.where(flows.history < 12, INSUFFICIENT, share) + flows.unclassified
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
                names[firm].add(_fold(text))
    why = batch.why(("SHR",))
    ours = np.array([context.related is not None for context in batch.contexts])
    return Related(keys, names, np.where(ours | (why == 0), 0.0, NANS[why]))


@derived
def related_pairs(related: Related, sales: Side) -> Known:
    """The pairs with a related party."""
    flag = [
        key in related.keys[firm]
        for firm, key in zip(sales.pairs.firm.tolist(), sales.pairs.keys, strict=True)
    ]
    return Known(sales.pairs, np.array(flag, dtype=np.bool_), related.gap)
