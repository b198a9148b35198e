"""Court cases and entries of the enforcement registers, by party."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from scoring.inputs.batch import Batch
from scoring.inputs.rows import Rows
from scoring.measure import derived
from scoring.series import Cube
from scoring.value import Bools, Floats, Ints

CAUSES = (
    "financial_loan",
    "private_loan",
    "sale",
    "labour",
    "ip_infringement",
    "ip_ownership",
    "guarantee",
    "tax_crime",
)
ENFORCEMENTS = ("executed", "dishonest", "consumption_limit", "exit_ban", "final")


@dataclass(frozen=True, eq=False)
class Cases:
    """``sued`` are civil and administrative cases with the company as defendant, ``by_cause`` the same by
    cause."""

    rows: Rows
    age: Floats
    company: Bools
    owner: Bools
    defendant: Bools
    sued: Bools
    cause: Ints
    sued_month: Cube
    by_cause: list[Cube]

    def of(self, *causes: str) -> list[Cube]:
        """The cubes of some causes."""
        return [self.by_cause[CAUSES.index(cause)] for cause in causes]

    def kind(self, word: str) -> Bools:
        """Cases of a kind."""
        return self.rows.among("kind", word)


@derived
def cases(batch: Batch) -> Cases:
    """The cases filed by ``as_of``."""
    rows = batch.rows("judicial_case")
    age = rows.age("event_date")
    company, owner = rows.among("party", "company"), rows.among("party", "owner")
    defendant = rows.among("role", "defendant")
    sued = company & defendant & rows.among("kind", "civil", "administrative")
    cause = rows.words("cause", CAUSES)
    return Cases(
        rows,
        age,
        company,
        owner,
        defendant,
        sued,
        cause,
        rows.cube(sued, age),
        rows.cubes(sued, age, cause, len(CAUSES)),
    )


@dataclass(frozen=True, eq=False)
class Enforcements:
    """Entries on the company and on its owner, by kind and month."""

    rows: Rows
    kind: Ints
    company: Bools
    related: Bools
    age: Floats
    of_company: list[Cube]
    of_owner: list[Cube]

    def on_company(self, kind: str) -> Cube:
        return self.of_company[ENFORCEMENTS.index(kind)]

    def on_owner(self, kind: str) -> Cube:
        return self.of_owner[ENFORCEMENTS.index(kind)]

    def lasting(self, kind: str) -> Bools:
        """Entries of a kind on the company that last at ``as_of``."""
        return cast(
            Bools, self.company & (self.kind == ENFORCEMENTS.index(kind)) & self.rows.lasting("ended_on")
        )

    def active(self, kind: str) -> Floats:
        """1 while the company has such an entry."""
        return self.rows.any(self.lasting(kind))


@derived
def enforcements(batch: Batch) -> Enforcements:
    """The entries published by ``as_of``."""
    rows = batch.rows("enforcement")
    age, kind = rows.age("event_date"), rows.words("kind", ENFORCEMENTS)
    company, owner = rows.among("party", "company"), rows.among("party", "owner")
    return Enforcements(
        rows,
        kind,
        company,
        rows.among("party", "related"),
        age,
        rows.cubes(company, age, kind, len(ENFORCEMENTS)),
        rows.cubes(owner, age, kind, len(ENFORCEMENTS)),
    )


@derived
def dishonest_relatives(enforcements: Enforcements) -> Floats:
    """Related companies that became dishonest in the last 36 months."""
    rows = enforcements.rows
    mine = enforcements.related & (enforcements.kind == ENFORCEMENTS.index("dishonest"))
    return rows.distinct(mine & (enforcements.age < 36), np.where(mine, rows.codes("party_id"), -1))
