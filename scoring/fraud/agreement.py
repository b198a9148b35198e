"""Rules on whether invoices agree with goods, money and returns."""

from __future__ import annotations

import numpy as np

from scoring.fraud.case import Case
from scoring.fraud.finding import Seen
from scoring.fraud.terms import Flows, Rule
from scoring.inputs.items import Lines
from scoring.inputs.names import Named
from scoring.inputs.parties import fold_name
from scoring.value import INSUFFICIENT, Ints

RATIOS = ("inv_declared_ratio_12m", "flow_inv_ratio_12m", "flow_declared_ratio_12m")


def goods(case: Case, _: Rule) -> Seen:
    """The part of goods sold whose tax class has no purchase behind it."""
    figure = case.column("item_out_only_ratio_12m")
    return Seen(figure) if np.isnan(figure) else Seen(figure, ((case.sales, _unbacked(case)),))


def _unbacked(case: Case) -> Ints:
    """Sales with a line of a class that was not bought; benchmarks tell what a class is made of."""
    bought: Lines = case.measured.derived("lines_bought")
    held = {bought.class_of[at] for at in np.flatnonzero(bought.firm_of == case.firm).tolist()}
    benchmark, measurement = case.context.benchmark, case.batch.measurement
    lines = case.batch.rows("invoice_line")
    prefixes, width = tuple(measurement.goods_prefixes), measurement.item_class_digits
    mine = slice(*np.searchsorted(lines.firm, [case.firm, case.firm + 1]))
    keys = set()
    for key, told in zip(lines.texts("invoice_key")[mine], lines.texts("tax_class")[mine], strict=True):
        item = (told or "")[:width]
        made_of = {item} if benchmark is None else benchmark.inputs_of.get(item, {item})
        if item.startswith(prefixes) and not made_of & held:
            keys.add(key)
    sales, rows = case.sales, case.rows(case.sales)
    texts = sales.rows.texts("invoice_key")
    return rows[np.array([texts[place] in keys for place in sales.place[rows].tolist()], dtype=np.bool_)]


def flows(case: Case, terms: Flows) -> Seen:
    """The largest factor between invoiced, received and declared sales of a year."""
    told = {key: case.column(key) for key in RATIOS}
    known = {key: ratio for key, ratio in told.items() if not np.isnan(ratio)}
    if len(known) < terms.least_known:
        return Seen(next((ratio for ratio in told.values() if np.isnan(ratio)), INSUFFICIENT))
    figure = max(max(ratio, 1 / ratio) if ratio > 0 else np.inf for ratio in known.values())
    return Seen(min(figure, 100.0), ((case.sales, case.rows(case.sales)),), detail=known)


def payers(case: Case, _: Rule) -> Seen:
    """What lacks in three flows (contract, invoice, payment); where contracts are not told, the inflow that
    comes from nobody invoiced."""
    matched = case.column("three_flow_match_12m")
    if np.isnan(matched):
        matched = case.column("payer_buyer_match_12m")
    if np.isnan(matched):
        return Seen(matched)
    named: Named = case.measured.derived("named")
    contracts = {fold_name(name) for name in case.context.contracts or ()}
    lacking = np.array(
        [
            named.party[pair] < 0 or (bool(contracts) and named.folded[pair] not in contracts)
            for pair in case.pairs.tolist()
        ],
        dtype=np.bool_,
    )
    unmatched = case.pairs[lacking]
    return Seen(1 - matched, ((case.sales, case.rows_with(case.sales, unmatched)),), case.keys(unmatched))
