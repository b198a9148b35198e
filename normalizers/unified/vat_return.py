"""增值税及附加税费申报表 of the bureau: one page a return, general and small-scale forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from lxml import html

from normalizers.contract import TEXT, Shape
from normalizers.provenance import traced
from normalizers.registry import Page, Parsed
from normalizers.unified.page import constant, document, pairs, table
from normalizers.values import day, fen
from schema.dataset import Dataset
from schema.errors import ContractChanged
from schema.snapshot import TABLES_OF, Finding
from schema.tables import empty

FORMATS = frozenset({"unified.vat_html"})
PARSER = "unified.vat_return/1"
FILED = Shape(
    "申报表",
    required=dict.fromkeys(
        ("申报表编号", "纳税人识别号", "税款所属期起", "税款所属期止", "申报期限", "申报日期"), TEXT
    ),
)
LIST = Shape("申报表清单", required=dict.fromkeys(("申报表编号", "税款所属期", "申报日期", "操作"), TEXT))
"""The list of returns stands for itself when nothing was filed."""


@dataclass(frozen=True)
class Form:
    """A form by words of its title, and its heading for the period's own column."""

    name: str
    title: str
    current: str

    @property
    def figures(self) -> Shape:
        return Shape(
            f"申报表（{self.title}）",
            required=dict.fromkeys(("栏次", "项目"), TEXT),
            nullable=dict.fromkeys((self.current, TO_DATE), TEXT),
        )


TO_DATE = "本年累计"
FORMS = (
    Form("vat_general", "一般纳税人适用", "本月数"),
    Form("vat_small", "小规模纳税人适用", "本期数"),
)


def read(pages: Sequence[Page]) -> Parsed:
    """``tax_return`` has a row a return, ``tax_return_line`` a row a figure that is printed."""
    filed: list[pl.DataFrame] = []
    figures: list[pl.DataFrame] = []
    records: list[int] = []
    findings: list[Finding] = []
    for index, page in enumerate(pages):
        tree = document(page)
        if (form := _form(tree)) is None:
            records.append(_nothing_filed(tree, page))
            continue
        head, noticed = pairs(tree, page, FILED)
        body, more = table(tree, page, form.figures)
        filed.append(head.hstack([constant("page", index, head), constant("form", form.name, head)]))
        return_id = constant("return_id", head["申报表编号"][0], body)
        body.columns = [
            {form.current: "current", TO_DATE: "year_to_date"}.get(each, each) for each in body.columns
        ]
        figures.append(body.hstack([constant("page", index, body), return_id]))
        records.append(1)
        findings += [*noticed, *more]
    if not filed:
        return Parsed({name: empty(name) for name in TABLES_OF[Dataset.TAX_RETURN]}, records)
    tables = {
        "tax_return": traced(_returns(pl.concat(filed)), pages, PARSER),
        "tax_return_line": traced(_lines(pl.concat(figures)), pages, PARSER),
    }
    return Parsed(tables, records, tuple(findings))


def _form(tree: html.HtmlElement) -> Form | None:
    title = "".join(heading.text_content() for heading in tree.iter("h1"))
    return next((form for form in FORMS if form.title in title), None)


def _nothing_filed(tree: html.HtmlElement, page: Page) -> int:
    listed, _ = table(tree, page, LIST)
    if listed.height:
        raise ContractChanged(f"{page.raw.locator} is the list of returns, not one of them")
    return 0


def _returns(raw: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "return_id": raw["申报表编号"],
            "form": raw["form"],
            "period_start": day(raw["税款所属期起"]),
            "period_end": day(raw["税款所属期止"]),
            "due_on": day(raw["申报期限"]),
            "event_date": day(raw["申报日期"]),
            "page": raw["page"],
        }
    ).with_columns(pl.lit("申报表").alias("pointer"))


def _lines(raw: pl.DataFrame) -> pl.DataFrame:
    index = ["page", "row", "return_id", "栏次", "项目"]
    figures = raw.unpivot(
        ["current", "year_to_date"], index=index, variable_name="column", value_name="printed"
    )
    printed = figures.filter(pl.col("printed").is_not_null())
    return pl.DataFrame(
        {
            "return_id": printed["return_id"],
            "line": printed["栏次"],
            "label": printed["项目"],
            "column": printed["column"],
            "amount_fen": fen(printed["printed"]),
            "page": printed["page"],
            "pointer": printed.select(pl.format("tr[{}]/{}", "row", "column")).to_series(),
        }
    )
