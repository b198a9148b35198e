"""Companies from a seed. Everything is synthetic and says so in its name (沙盒…).

The same region, seed, count, size and day give the same companies, persons, passwords and phones.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sandbox.company import Company, CreditRating, Person, Role
from sandbox.filings import vat_returns
from sandbox.identity import citizen_id, company_id, division_code
from sandbox.invoicing import LINES, Trade, invoices
from schema.period import add_months, last_full_month_end
from schema.region import region as region_of

MONTHS = 36
"""Length of a company's history, in whole months before ``today``."""

_INDUSTRIES = (
    ("5171", "煤炭及制品批发", "煤炭"),
    ("5137", "五金产品批发", "五金配件"),
    ("3484", "机械零部件加工", "机加工件"),
    ("6513", "应用软件开发", "软件服务"),
    ("1432", "速冻食品制造", "速冻食品"),
    ("5430", "道路货物运输", "运输服务"),
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GRADES = (("A", 92), ("B", 81), ("B", 76), ("M", 70), ("C", 55))


def generate(
    region: str,
    *,
    seed: int,
    count: int,
    today: date,
    invoices_each: int = 240,
    lines: tuple[int, ...] = LINES,
) -> list[Company]:
    """``count`` companies of the region with about ``invoices_each`` invoices each (both directions together,
    exact).

    Of every twelve, the fourth and eighth are small-scale taxpayers and the twelfth is 非正常户. The first
    person of a company is its legal representative; one bookkeeper in three companies is shared with the
    company before.
    """
    rng = Random(f"{seed}:{region}")
    companies: list[Company] = []
    for index in range(count):
        companies.append(_company(region, index, rng, today, invoices_each, lines))
    _staff(companies, rng, region)
    return companies


def _company(
    region: str, index: int, rng: Random, today: date, invoices_each: int, lines: tuple[int, ...]
) -> Company:
    code, industry, goods = _INDUSTRIES[index % len(_INDUSTRIES)]
    general = index % 12 not in (3, 7)
    taxpayer_id = company_id(division_code(region, 4 + index % 9), rng)
    name = f"沙盒{region_of(region).zh}{index + 1:02d}号{industry[:4]}有限公司"
    start = add_months(today.replace(day=1), -MONTHS)
    registered = add_months(start, -rng.randint(6, 96)) + timedelta(days=rng.randint(0, 27))
    trade = Trade(taxpayer_id, name, region, general, goods, start, last_full_month_end(today), lines)
    issued, received = invoices(trade, invoices_each, rng)
    return Company(
        taxpayer_id=taxpayer_id,
        name=name,
        region=region,
        general=general,
        status="非正常户" if index % 12 == 11 else "正常",
        general_since=add_months(registered, 3) if general else None,
        registered_on=registered,
        industry_code=code,
        industry_name=industry,
        legal_representative="",
        address=f"{region_of(region).zh}沙盒路{rng.randint(1, 999)}号",
        invoice_cap=Decimal(1_000_000 if general else 100_000),
        people=(),
        ratings=ratings(today, rng),
        returns=tuple(vat_returns(taxpayer_id, general, issued, received, start, today)),
        issued=issued,
        received=received,
    )


def ratings(today: date, rng: Random) -> tuple[CreditRating, ...]:
    """Grades of the last three rated years, published at the end of April, oldest first."""
    latest = today.year - 1 if today >= date(today.year, 4, 30) else today.year - 2
    grade, score = rng.choice(_GRADES)
    return tuple(
        CreditRating(year, grade, Decimal(score + rng.randint(-3, 3)), date(year + 1, 4, 30))
        for year in range(latest - 2, latest + 1)
    )


def person(region: str, label: str, roles: tuple[Role, ...], rng: Random) -> Person:
    """A person whose id, phone and password follow from the seed."""
    return Person(
        person_id=citizen_id(division_code(region, 4), rng),
        name=f"沙盒{rng.choice(_SURNAMES)}{label}",
        phone=f"1990{rng.randint(0, 9_999_999):07d}",
        password=f"Shahe@{rng.randint(0, 999_999):06d}",
        roles=roles,
    )


def _staff(companies: list[Company], rng: Random, region: str) -> None:
    """Give each company its people; every second chief is a neighbour's 办税人 (bookkeeper) too."""
    bookkeeper: Person | None = None
    for index, company in enumerate(companies):
        neighbour = companies[index - 1]
        roles = [_role(company, "法定代表人")]
        if index % 2 and neighbour is not company:
            roles.append(_role(neighbour, "办税人"))
        chief = person(region, f"法人{index + 1:02d}", tuple(roles), rng)
        finance = person(region, f"财务{index + 1:02d}", (_role(company, "财务负责人"),), rng)
        if bookkeeper is None or index % 3 == 0:
            bookkeeper = person(region, f"会计{index + 1:02d}", (), rng)
        bookkeeper.roles += (_role(company, "办税人"),)
        company.people = (chief, finance, bookkeeper)
        company.legal_representative = chief.name
    for index, company in enumerate(companies[:-1]):
        if index % 2 == 0:
            company.people += (companies[index + 1].people[0],)


def _role(company: Company, title: str) -> Role:
    return Role(company.taxpayer_id, company.name, title)
