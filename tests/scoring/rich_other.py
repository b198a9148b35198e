"""What registers, courts, lenders, the grid and the patent office tell of the steady firm. Synthetic."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from schema.period import add_months, month_end
from scoring.context import Figure
from tests.scoring.firms import AS_OF, ME, Rows, uscc

HOLDING = uscc(300)


def ago(months: int, day: int = 10) -> date:
    """A day of a month before ``AS_OF``."""
    return add_months(AS_OF.replace(day=1), -months) + timedelta(days=day - 1)


def registration() -> dict[str, Rows]:
    """The market regulator's tables."""
    return {
        "registration": [
            {
                "taxpayer_id": ME, "name": "我方有限公司", "status": "active",
                "established_on": date(2018, 3, 1), "registered_capital_fen": 500_000_000,
                "paid_in_capital_fen": 300_000_000, "industry_code": "C3411", "legal_representative": "王甲",
                "same_address_count": 3,
            }
        ],
        "registration_shareholder": [
            {"held_id": ME, "holder_name": "王甲", "holder_kind": "person", "share": 0.6},
            {"held_id": ME, "holder_name": "控股公司", "holder_kind": "company", "holder_id": HOLDING,
             "share": 0.4},
            {"held_id": HOLDING, "holder_name": "王甲", "holder_kind": "person", "share": 0.5},
            {"held_id": HOLDING, "holder_name": "李乙", "holder_kind": "person", "share": 0.5},
        ],
        "registration_officer": [{"name": "王甲", "position": "legal_representative"}],
        "related_company": [
            {"company_id": uscc(101), "name": "第101号商行有限公司", "relation": "investment"},
            {"company_id": uscc(301), "name": "旧厂", "relation": "same_representative", "status": "revoked",
             "status_since": ago(20)},
            {"company_id": uscc(302), "name": "分厂", "relation": "branch"},
        ],
        "counterparty": [
            {"company_id": uscc(100 + n, "330100" if n % 3 else "310100"),
             "name": f"第{100 + n}号商行有限公司", "established_on": date(2015, 1, 1),
             "grade": 0.5 + n / 40, "tax_status": "normal",
             "status": "active" if n < 20 else "cancelled", "dishonest": False,
             "ownership": ("government", "state", "listed", "private")[n % 4]}
            for n in range(21)
        ],
        "registration_change": [
            {"event_date": ago(30), "kind": "legal_representative"},
            {"event_date": ago(8), "kind": "scope"},
            {"event_date": ago(9), "kind": "capital", "before_fen": 600_000_000, "after_fen": 500_000_000},
        ],
        "registration_adverse": [
            {"event_date": ago(20), "kind": "abnormal_list", "ended_on": ago(18)},
            {"event_date": ago(10), "kind": "admin_penalty", "amount_fen": 200_000},
            {"event_date": ago(6), "kind": "environment_grade", "grade": "blue"},
        ],
        "equity_pledge": [{"event_date": ago(12), "pledged_fen": 50_000_000}],
        "licence": [
            {"kind": "industry", "event_date": ago(30), "expires_on": date(2026, 1, 1)},
            {"kind": "pollution", "event_date": ago(30), "expires_on": date(2026, 1, 1)},
        ],
    }  # fmt: skip


def court() -> dict[str, Rows]:
    """Cases and enforcements, most of them over."""
    base = {"party": "company", "kind": "civil"}
    cases: Rows = [
        base | {"case_number": f"c{n}", "role": "plaintiff" if n % 2 else "defendant",
                "cause": ("sale", "labour", "financial_loan")[n % 3], "event_date": ago(3 + 5 * n),
                "decided_on": ago(1 + 5 * n), "outcome": "won" if n % 3 else "lost", "amount_fen": 3_000_000}
        for n in range(6)
    ]  # fmt: skip
    return {
        "judicial_case": cases,
        "enforcement": [
            {"case_number": "z1", "party": "company", "kind": "executed", "event_date": ago(40),
             "ended_on": ago(38), "amount_fen": 1_000_000},
            {"case_number": "z2", "party": "related", "party_id": uscc(301), "kind": "dishonest",
             "event_date": ago(20)},
        ],
    }  # fmt: skip


def credit() -> dict[str, Rows]:
    """Reports of the company and its owner."""
    open_loan = {"party": "company", "lender": "甲银行", "lender_kind": "bank", "kind": "business_loan",
                 "event_date": ago(8), "due_on": AS_OF + timedelta(days=60), "limit_fen": 60_000_000,
                 "balance_fen": 40_000_000, "overdue_fen": 0, "loan_class": "normal", "security": "credit",
                 "annual_rate": 0.05, "instalment_fen": 800_000}  # fmt: skip
    card = {"party": "owner", "lender": "乙银行", "lender_kind": "bank", "kind": "card",
            "event_date": ago(50), "limit_fen": 5_000_000, "balance_fen": 1_000_000,
            "overdue_fen": 0}  # fmt: skip
    return {
        "credit_report": [
            {"report_id": "r1", "party": "company", "event_date": AS_OF, "first_credit_on": ago(50)},
            {"report_id": "r2", "party": "owner", "event_date": AS_OF, "score": 720.0, "property_count": 2,
             "property_fen": 500_000_000},
        ],
        "credit_account": [
            open_loan | {"account_id": "a1"},
            open_loan | {"account_id": "a2", "lender": "丙租赁", "lender_kind": "leasing",
                         "security": "mortgage", "balance_fen": 10_000_000,
                         "due_on": AS_OF + timedelta(days=700), "event_date": ago(20)},
            card | {"account_id": "a3"},
            card | {"account_id": "a4", "kind": "mortgage", "lender": "丁银行"},
        ],
        "credit_month": [
            {"account_id": "a1", "party": "company", "month": month_end(ago(age)), "balance_fen": 30_000_000,
             "overdue_fen": 0, "overdue_months": 0} for age in range(13)
        ] + [
            {"account_id": "a3", "party": "owner", "month": month_end(ago(age)),
             "overdue_months": int(age == 7)}
            for age in range(24)
        ],
        "credit_inquiry": [
            {"party": party, "event_date": ago(age), "reason": "loan_approval"}
            for party in ("company", "owner") for age in (0, 4, 9)
        ],
        "credit_guarantee": [
            {"party": "company", "event_date": ago(9), "balance_fen": 10_000_000, "loan_class": "normal"}
        ],
    }  # fmt: skip


def electricity() -> Rows:
    """Thirty-six bills."""
    return [
        {"month": month_end(ago(age)), "energy_kwh": 4000.0 + 137 * (age * 5 % 7), "amount_fen": 320_000,
         "tariff": "industrial", "capacity_kva": 100.0, "peak_kwh": 1800.0, "valley_kwh": 900.0,
         "due_on": ago(age, 25), "paid_on": ago(age, 27 if age == 5 else 20),
         "unpaid_fen": 0, "penalty_fen": 0, "stop_notices": 0, "misuse": False, "autopay": True}
        for age in range(36)
    ]  # fmt: skip


def assets() -> dict[str, Rows]:
    """Patents, software, their inventors, and what was done with them."""
    kinds = ("invention", "utility", "design", "software", "trademark", "standard")
    return {
        "intellectual_property": [
            {"asset_id": f"p{n}", "kind": kinds[n % 6], "state": "valid", "applied_on": ago(10 + n),
             "granted_on": ago(2 + n), "expires_on": date(2040, 1, 1), "ipc": "F16H1/00", "claims_count": 8,
             "cited_count": n, "family_countries": "CN,US", "pct": n == 0, "first_owner": n % 4 > 0}
            for n in range(14)
        ] + [
            {"asset_id": "p90", "kind": "invention", "state": "rejected", "applied_on": ago(40),
             "state_since": ago(9)}
        ],
        "inventor": [{"asset_id": f"p{n}", "person_key": f"w{n % 3}"} for n in range(14)],
        "intellectual_property_deal": [
            {"asset_id": "p1", "kind": "transfer_in", "event_date": ago(20)},
            {"asset_id": "p2", "kind": "licence", "event_date": ago(5), "amount_fen": 2_000_000},
            {"asset_id": "p6", "kind": "pledge", "event_date": ago(6), "amount_fen": 9_000_000},
        ],
        "insured_person": [{"person_key": f"w{n}", "since": ago(60)} for n in range(2)],
    }  # fmt: skip


def tax_office() -> dict[str, Rows]:
    """Arrears, violations, inspections and changes at the tax authority."""
    return {
        "tax_arrears": [
            {"category": "vat", "event_date": ago(15), "amount_fen": 90_000, "settled_on": ago(14)}
        ],
        "tax_violation": [
            {"violation_id": "v1", "kind": "violation", "event_date": ago(14), "state": "closed",
             "handled_on": ago(13)}
        ],
        "tax_inspection": [],
        "taxpayer_change": [{"event_date": ago(7), "kind": "registration"}],
    }  # fmt: skip


def bank_extras() -> Rows:
    """Wages, rent, interest, a loan, cash and a failed debit, with times and balances."""
    rows: Rows = []
    for age in range(30):
        for line, (summary, way, fen, name) in enumerate(
            (
                ("代发工资", "out", 6_000_000, "王五"),
                ("房租", "out", 900_000, "第113号商行有限公司"),
                ("贷款利息", "out", 200_000, "甲银行"),
                ("现金存入", "in", 1_000_000, None),
                ("货款", "in", 3_000_000, "第101号商行有限公司"),
                ("收汇", "in", 500_000, "Foreign Trading"),
                ("往来", "out", 400_000, "王甲"),
            )
        ):
            day = ago(age, 3 + line)
            rows.append(
                {
                    "event_date": day, "occurred_at": datetime(day.year, day.month, day.day, 10 + line),
                    "direction": way, "amount_fen": fen,
                    "balance_fen": 50_000_000 + 100_000 * (age * line % 9), "counterparty_name": name,
                    "summary": summary, "operating": summary in ("货款", "房租"),
                    "account_id": "0001", "line": line + 1,
                }
            )  # fmt: skip
    return rows


def scene() -> tuple[Figure, ...]:
    """What platforms of every scenario would tell."""
    monthly = {
        "capacity_used": 80.0, "capacity_designed": 100.0, "machine_hours": 4000.0, "pos_amount": 90_000.0,
        "pos_refund": 900.0, "rating": 4.6, "customs_amount": 200_000.0, "logistics_orders": 120.0,
        "ecom_amount": 70_000.0, "ecom_refund": 2_000.0, "ecom_fake": 500.0,
    }  # fmt: skip
    found = [
        Figure(item, ago(age), value + (age % 5 if item == "logistics_orders" else 0))
        for item, value in monthly.items()
        for age in range(26)
    ]
    once = {
        "order_backlog": 900_000.0, "confirmed_ar": 300_000.0, "bid_win": 500_000.0, "equity_round": 1.0,
        "subsidy": 60_000.0, "machines": 20.0, "research_heads": 2.0, "points": 71.0, "stores": 3.0,
    }  # fmt: skip
    found += [Figure(item, ago(4), value) for item, value in once.items()]
    found.append(Figure("title", ago(30), 2.0, until=date(2026, 6, 30)))
    found.append(Figure("export", ago(3), 90_000.0, party="US"))
    return tuple(found)


def own_loans() -> tuple[Figure, ...]:
    """A limit with us that is half used and paid in time."""
    monthly = {
        "instalments_due": 1.0, "instalments_on_time": 1.0, "repaid": 20_000.0, "repaid_early": 1_000.0,
        "limit": 500_000.0, "used": 250_000.0, "loan_balance": 250_000.0,
    }  # fmt: skip
    return (
        *(Figure(item, ago(age), value) for item, value in monthly.items() for age in range(24)),
        Figure("owner_deposit", ago(0), 80_000.0),
    )
