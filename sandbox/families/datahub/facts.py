"""What the hub knows of a company, by dataset and table: values by column, money in fen.

A company's size is its sales of the last twelve months; what else it has follows from that and from its id.
One company in six has a lawsuit, a 非正常户 is enforced upon and overdue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sandbox.behaviour import sales, trait
from sandbox.company import Company
from schema.money import fen
from schema.period import add_months, month_end

Values = dict[str, Any]
Tables = Mapping[str, list[Values]]
_MONTHS, _PARTNERS = 24, 10


def _months(today: date) -> Iterator[date]:
    """The last day of each of the last whole months, oldest first."""
    last = today.replace(day=1)
    for back in range(_MONTHS, 0, -1):
        yield month_end(add_months(last, -back))


def _annual(company: Company, today: date) -> int:
    """Sales of the last twelve whole months, in fen."""
    end = today.replace(day=1) - timedelta(days=1)
    return fen(sales(company, add_months(today.replace(day=1), -12), end))


def _bad(company: Company) -> bool:
    return company.status == "非正常户"


def registration(company: Company, today: date) -> Tables:
    """Two shareholders, two officers, the largest partners, a change now and then."""
    capital = max(100_000_00, _annual(company, today) // 500_000_00 * 100_000_00)
    chief = company.legal_representative or "沙盒法人"
    key = f"P{trait(company, 9973):04d}"
    own = {
        "taxpayer_id": company.taxpayer_id,
        "name": company.name,
        "status": "active",
        "established_on": company.registered_on,
        "registered_capital_fen": capital,
        "paid_in_capital_fen": capital * (60 + trait(company, 41)) // 100,
        "ownership": "private",
        "industry_code": company.industry_code,
        "industry_name": company.industry_name,
        "legal_representative": chief,
        "address": company.address,
        "business_scope": company.industry_name,
        "approved_on": company.registered_on,
        "same_address_count": 1 + trait(company, 3),
    }
    holders: list[Values] = [
        {"holder_name": chief, "holder_kind": "person", "holder_id": key, "share": 0.7},
        {"holder_name": f"{chief}之友", "holder_kind": "person", "holder_id": f"{key}B", "share": 0.3},
    ]
    held = {"held_id": company.taxpayer_id, "since": company.registered_on}
    officers = ("legal_representative", "actual_controller", "manager")
    adverse = {"event_date": today - timedelta(days=200), "kind": "abnormal_list", "reason": "沙盒：失联"}
    return {
        "registration": [own],
        "registration_shareholder": [
            held | each | {"subscribed_fen": round(capital * each["share"])} for each in holders
        ],
        "registration_officer": [
            {"name": chief, "position": each, "person_key": key, "since": company.registered_on}
            for each in officers
        ],
        "counterparty": _partners(company),
        "registration_change": _changes(company, today),
        "registration_adverse": [adverse] if _bad(company) else [],
        "licence": [{"kind": "industry", "number": f"沙盒许可{key}", "event_date": company.registered_on}],
    }


def _partners(company: Company) -> list[Values]:
    """The companies it trades most with."""
    weight: dict[tuple[str, str], int] = {}
    for invoices, side in ((company.issued, "buyer"), (company.received, "seller")):
        for each in invoices:
            party = getattr(each, f"{side}_id"), getattr(each, f"{side}_name")
            if party[0]:
                weight[party] = weight.get(party, 0) + fen(each.total)
    most = sorted(weight, key=lambda party: (-weight[party], party))[:_PARTNERS]
    return [
        {
            "company_id": id,
            "name": name,
            "status": "active",
            "established_on": add_months(company.registered_on, -12 * (1 + sum(map(ord, id)) % 5)),
            "ownership": "private",
            "tax_status": "normal",
            "dishonest": False,
        }
        for id, name in most
    ]


def _changes(company: Company, today: date) -> list[Values]:
    if trait(company, 4):
        return []
    day = add_months(today, -8)
    return [{"event_date": day, "kind": "scope", "before": "沙盒旧范围", "after": company.industry_name}]


def judicial(company: Company, today: date) -> Tables:
    """One company in six was sued over a sale; a 非正常户 is being enforced upon."""
    case: Values = {
        "case_number": f"（{today.year - 1}）沙盒民初{trait(company, 997)}号",
        "party": "company",
        "role": "defendant",
        "kind": "civil",
        "cause": "sale",
        "event_date": add_months(today, -14),
        "decided_on": add_months(today, -10),
        "outcome": "partly",
        "amount_fen": _annual(company, today) // 100,
        "court": "沙盒人民法院",
    }
    enforced: Values = {
        "case_number": f"（{today.year}）沙盒执{trait(company, 997)}号",
        "party": "company",
        "kind": "executed",
        "event_date": add_months(today, -2),
        "amount_fen": 50_000_00,
        "unpaid_fen": 50_000_00,
        "court": "沙盒人民法院",
    }
    return {
        "judicial_case": [] if trait(company, 6) and not _bad(company) else [case],
        "enforcement": [enforced] if _bad(company) else [],
    }


def credit(company: Company, today: date) -> Tables:
    """A bank loan of a tenth of the year's sales, the owner's mortgage and card, two inquiries."""
    balance = _annual(company, today) // 10 // 100 * 100
    overdue = balance // 20 if _bad(company) else 0
    opened, due_on = add_months(today, -7), add_months(today, 5)
    first = add_months(company.registered_on, 18)
    loan: Values = {
        "account_id": "E1",
        "party": "company",
        "lender": "沙盒商业银行",
        "lender_kind": "bank",
        "kind": "business_loan",
        "security": "credit",
        "event_date": opened,
        "due_on": due_on,
        "limit_fen": balance,
        "balance_fen": balance,
        "overdue_fen": overdue,
        "loan_class": "attention" if overdue else "normal",
        "instalment_fen": balance // 100,
        "annual_rate": 0.052,
    }
    home: Values = {
        "account_id": "P1",
        "party": "owner",
        "lender": "沙盒住房银行",
        "lender_kind": "bank",
        "kind": "mortgage",
        "security": "mortgage",
        "event_date": add_months(today, -60),
        "limit_fen": 1_200_000_00,
        "balance_fen": 800_000_00,
        "overdue_fen": 0,
        "loan_class": "normal",
        "instalment_fen": 6_500_00,
        "annual_rate": 0.041,
    }
    card = home | {
        "account_id": "P2",
        "kind": "card",
        "security": "credit",
        "limit_fen": 50_000_00,
        "balance_fen": (5 + trait(company, 30)) * 1_000_00,
        "instalment_fen": 1_000_00,
    }
    months = [month for month in _months(today) if month >= opened]
    return {
        "credit_report": [
            {"report_id": "R1", "party": "company", "event_date": today, "first_credit_on": first},
            {
                "report_id": "R2",
                "party": "owner",
                "event_date": today,
                "score": 600.0 + trait(company, 200),
                "first_credit_on": add_months(today, -60),
                "property_count": 1,
                "property_fen": 2_000_000_00,
            },
        ],
        "credit_account": [loan, home, card],
        "credit_month": [
            {
                "account_id": "E1",
                "party": "company",
                "month": month,
                "balance_fen": balance,
                "overdue_fen": overdue if month == months[-1] else 0,
                "overdue_months": int(bool(overdue) and month == months[-1]),
            }
            for month in months
        ],
        "credit_inquiry": [
            {
                "party": party,
                "event_date": add_months(today, -back),
                "institution": "沙盒商业银行",
                "reason": "loan_approval",
            }
            for party, back in (("company", 7), ("owner", 4))
        ],
    }


def electricity(company: Company, today: date) -> Tables:
    """A bill a month, its energy in step with the month's sales; paid two days before it is due."""
    bills = []
    for month in _months(today):
        sold = fen(sales(company, month.replace(day=1), month))
        kwh = round(800 + sold / 100 * 0.02, 1)
        peak, valley = round(kwh * 0.4, 1), round(kwh * 0.25, 1)
        due_on = add_months(month.replace(day=1), 1).replace(day=20)
        bills.append(
            {
                "month": month,
                "energy_kwh": kwh,
                "amount_fen": round(kwh * 72),
                "meter_id": f"沙盒{company.taxpayer_id[-6:]}",
                "tariff": "industrial" if company.industry_code[:1] in "123" else "commercial",
                "capacity_kva": 315.0,
                "peak_kwh": peak,
                "valley_kwh": valley,
                "flat_kwh": round(kwh - peak - valley, 1),
                "due_on": due_on,
                "paid_on": due_on - timedelta(days=2) if due_on < today else None,
                "unpaid_fen": 0,
                "penalty_fen": 0,
                "stop_notices": 0,
                "misuse": False,
                "autopay": not trait(company, 2),
            }
        )
    return {"electricity_bill": bills}


def patents(company: Company, today: date) -> Tables:
    """A software house has an invention and copyrights; a maker a utility model; others nothing."""
    kinds = {"6": ("invention", "software", "software"), "3": ("utility",), "1": ("trademark",)}
    assets, inventors = [], []
    for number, kind in enumerate(kinds.get(company.industry_code[:1], ())):
        applied = add_months(today, -30 + 6 * number)
        asset = f"沙盒{company.taxpayer_id[-6:]}{number}"
        assets.append(
            {
                "asset_id": asset,
                "kind": kind,
                "state": "valid",
                "applied_on": applied,
                "granted_on": add_months(applied, 14),
                "expires_on": add_months(applied, 240 if kind == "invention" else 120),
                "title": "沙盒方法",
                "ipc": "G06F" if kind == "invention" else None,
                "claims_count": 8 if kind == "invention" else None,
                "cited_count": trait(company, 4),
                "pct": False,
                "first_owner": True,
            }
        )
        inventors.append({"asset_id": asset, "person_key": f"W{trait(company, 97):03d}0"})
    return {"intellectual_property": assets, "inventor": inventors}


def insurance(company: Company, today: date) -> Tables:
    """Persons insured by the year's sales; each month paid by the tenth of the next."""
    heads = max(2, _annual(company, today) // 600_000_00)
    months = [
        {
            "month": month,
            "insured_count": heads - (position < _MONTHS // 2),
            "insurance_fen": heads * 1_150_00,
            "fund_count": heads,
            "fund_fen": heads * 600_00,
            "paid_on": add_months(month.replace(day=1), 1).replace(day=10),
        }
        for position, month in enumerate(_months(today))
    ]
    people = [
        {"person_key": f"W{trait(company, 97):03d}{number}", "since": company.registered_on}
        for number in range(min(heads, 20))
    ]
    return {"social_insurance": months, "insured_person": people}


FACTS: Mapping[str, Callable[[Company, date], Tables]] = {
    "registration": registration,
    "judicial_record": judicial,
    "credit_report": credit,
    "electricity_bill": electricity,
    "intellectual_property": patents,
    "social_insurance": insurance,
}
