"""What each table of the feed is in the common schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from normalizers.bankfeed.page import given
from normalizers.bankfeed.statement import balance, income
from normalizers.values import day, fen, number, word
from normalizers.vatforms import GENERAL, Grid, lines
from schema.rows.tax_return import Form
from schema.rows.taxpayer import TaxpayerChangeKind

Tables = dict[str, pl.DataFrame]
GRADES = {grade: grade for grade in ("A", "B", "M", "C", "D")}
FIGURES = {
    "ysx": "应税项",
    "jsyj": "计税依据",
    "ynse": "应纳税额",
    "jmse": "减免税额",
    "yjse": "已缴税额",
    "ybtse": "应补退税额",
}
"""Figures of 申报信息, which stand beside each 征收品目."""
SURTAXES = ("城市维护建设税", "教育费附加", "地方教育附加")
LEVIES = {
    "10101": "vat",
    "10104": "cit",
    "10106": "iit",
    "10109": "surtax",
    "30203": "surtax",
    "30216": "surtax",
}
"""征收项目代码 → category; any other is ``other``."""


def credit(raw: pl.DataFrame) -> Tables:
    """纳税信用等级."""
    given(raw, "xydj", ("pdnd", "xydj"))
    table = raw.select(
        number(raw["pdnd"]).cast(pl.Int32).alias("year"),
        word(raw["xydj"].str.strip_suffix("级"), GRADES).alias("grade"),
        "pointer",
    )
    return {"tax_credit_rating": table}


def filings(raw: pl.DataFrame) -> Tables:
    """申报信息: a row a 征收品目, and its figures. What was declared void (作废标志) is left out. Income tax
    comes no other way: the feed tells neither its form (A or B, quarter or year) nor its lines."""
    given(raw, "sbxx", ("id", "zsxmmc", "sssqq", "sssqz"))
    kept = raw.filter(pl.col("zfbz_1").fill_null("N") != "Y")
    returns = kept.select(
        pl.col("id").alias("return_id"),
        pl.when(pl.col("zsxmmc").is_in(SURTAXES))
        .then(pl.lit(Form.SURTAX.value))
        .otherwise(pl.lit(Form.OTHER.value))
        .alias("form"),
        day(kept["sssqq"]).alias("period_start"),
        day(kept["sssqz"]).alias("period_end"),
        day(kept["sbqx"]).alias("due_on"),
        day(kept["sbrq"]).alias("event_date"),
        "pointer",
    )
    figures = kept.unpivot(list(FIGURES), index=["id", "zsxmmc", "zspmmc", "pointer"]).drop_nulls("value")
    schedule = figures.select(
        pl.col("id").alias("return_id"),
        pl.lit("申报信息").alias("schedule"),
        pl.coalesce("zspmmc", "zsxmmc").alias("line"),
        pl.col("zsxmmc").alias("label"),
        pl.col("variable").replace_strict(FIGURES).alias("column"),
        fen(figures["value"]).alias("amount_fen"),
        pl.format("{}/{}", "pointer", "variable").alias("pointer"),
    )
    return {"tax_return": returns, "tax_return_schedule_line": schedule}


def vat_general(raw: pl.DataFrame) -> Tables:
    """一般纳税人主表: four rows a filing, one for each column of the form. A later filing of the same period
    corrects the earlier one."""
    given(raw, "ybnsrzzssbb", ("skssqq", "skssqz", "sbrq", "ewblxh"))
    keys = {key.replace("_", "").lower(): key for key in GENERAL.labels}
    returns: list[dict[str, Any]] = []
    grids: list[Grid] = []
    last: dict[tuple[str, str], str] = {}
    for (start, end, filed), rows in raw.sort("sbrq", maintain_order=True).group_by(
        "skssqq", "skssqz", "sbrq", maintain_order=True
    ):
        return_id = f"ybnsrzzs/{start}/{filed}"
        columns = [
            {keys.get(name.replace("_", ""), name): value for name, value in row.items()}
            for row in rows.iter_rows(named=True)
        ]
        grids.append(Grid(return_id, 0, GENERAL, columns, rows["pointer"].to_list()))
        returns.append(
            {
                "return_id": return_id,
                "period_start": start,
                "period_end": end,
                "event_date": filed,
                "corrects": last.get((start, end)),
                "pointer": rows["pointer"][0],
            }
        )
        last[start, end] = return_id
    names = ("return_id", "period_start", "period_end", "event_date", "corrects", "pointer")
    found = pl.DataFrame(returns, schema=dict.fromkeys(names, pl.String))
    dates = {name: day(found[name]) for name in ("period_start", "period_end", "event_date")}
    return {
        "tax_return": found.with_columns(form=pl.lit(GENERAL.name), **dates),
        "tax_return_line": lines(grids).drop("page"),
    }


def investors(raw: pl.DataFrame) -> Tables:
    """投资方信息. Shares are fractions or hundredths: those of one company add up to 1 or to 100. The number
    of a person's id card is left out."""
    given(raw, "tzfxx", ("nsrsbh", "tzfmc"))
    share = number(raw["tzbl"])
    hundredths = (share.sum() or 0) > 1.5
    person = raw["tzfzjzlmc"].str.contains("身份证|护照|通行证|居留").fill_null(value=False)
    table = raw.select(
        pl.coalesce("shxydm", "nsrsbh").alias("held_id"),
        pl.col("tzfmc").alias("holder_name"),
        pl.when(person).then(pl.lit("person")).otherwise(pl.lit("company")).alias("holder_kind"),
        pl.when(~person).then("tzfzjhm").alias("holder_id"),
        (share / 100 if hundredths else share).alias("share"),
        fen(raw["tzje"]).alias("subscribed_fen"),
        day(raw["yxqq"]).alias("since"),
        "pointer",
    )
    return {"registration_shareholder": table}


def changes(raw: pl.DataFrame) -> Tables:
    """变更信息 of the tax registration."""
    given(raw, "bgxx", ("bgrq", "bgxmmc"))
    item = pl.col("bgxmmc")
    table = raw.select(
        day(raw["bgrq"]).alias("event_date"),
        pl.when(item.str.contains("纳税人类型|纳税人资格"))
        .then(pl.lit(TaxpayerChangeKind.KIND.value))
        .otherwise(pl.lit(TaxpayerChangeKind.REGISTRATION.value))
        .alias("kind"),
        item.alias("item"),
        pl.coalesce("bgqnrmc", "bgqnr").alias("before"),
        pl.coalesce("bghnrmc", "bghnr").alias("after"),
        "pointer",
    )
    return {"taxpayer_change": table}


def payments(raw: pl.DataFrame) -> Tables:
    """税款明细: what was paid of which tax; the feed does not tell when."""
    given(raw, "cxskmx", ("skje", "szdm"))
    table = raw.select(
        pl.col("szdm").replace_strict(LEVIES, default="other").alias("category"),
        pl.lit("tax").alias("nature"),
        fen(raw["skje"]).alias("amount_fen"),
        pl.col("skze_id").alias("voucher"),
        "pointer",
    )
    return {"tax_payment": table}


def nothing(raw: pl.DataFrame) -> Tables:
    """A table that has no place in the schema: its shape is checked."""
    return {}


READ: Mapping[str, Callable[[pl.DataFrame], Tables]] = {
    "auth": nothing,
    "xydj": credit,
    "sbxx": filings,
    "ybnsrzzssbb": vat_general,
    "lrb": income,
    "zcfzb": balance,
    "tzfxx": investors,
    "bgxx": changes,
    "cxfpxx": nothing,
    "cxskmx": payments,
}
