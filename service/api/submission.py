"""What a loan system submits, and the application it becomes."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from authz.apikeys import Caller
from authz.application import Application
from authz.consent import Frequency
from schema import taxpayer_id
from schema.clock import today
from schema.dataset import USUAL, Dataset
from schema.errors import InvalidRequest, UnknownScope
from schema.money import fen
from schema.period import Period, add_months
from stages.application import MONTHS, default_period, region_of
from webhooks import check_callback

_LARGEST_FEN = 10**13


def _amount(value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9.,]{1,20}", str(value)):
        raise ValueError("an amount in yuan, as text or number")
    exact = fen(str(value))
    if not 0 < exact <= _LARGEST_FEN:
        raise ValueError("an amount above zero")
    return exact


AmountFen = Annotated[
    int,
    BeforeValidator(_amount),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}], "examples": ["300000.00"]}),
]
"""Yuan as the caller writes it, exact fen for us."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonIn(Strict):
    """The acting person, as far as the bank knows. Sealed on arrival."""

    name: Text = ""
    person_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{0,32}$")] = Field(
        "", description="Number of the person's id card or passport."
    )
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9+ -]{0,20}$")] = ""


class ScopeIn(Strict):
    """One dataset for one closed range of days."""

    dataset: Text = Field(description=f"One of: {', '.join(Dataset)}.")
    start: date | None = Field(None, alias="from", description="First day; default 36 months before `to`.")
    end: date | None = Field(
        None, alias="to", description="Last day; default today, or the end of a periodic consent."
    )


class FrequencyIn(Strict):
    """How often each dataset may be read."""

    times: int = Field(1, ge=1, le=100)
    unit: Literal["day", "month"] = "day"


class AuthorizationIn(Strict):
    """An application for one company."""

    taxpayer_id: Text = Field(description="统一社会信用代码, 18 characters with its check character.")
    region: Text | None = Field(
        None, description="GB/T 2260 prefix of the tax authority (`44`, `4403`); default by the company id."
    )
    person: PersonIn = PersonIn()
    scopes: list[ScopeIn] | None = Field(
        None, max_length=32, description="What the consent covers; default every dataset, the last 36 months."
    )
    product: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,24}$")] = Field(
        description="Loan product by its code in the scoring policy."
    )
    amount: AmountFen = Field(description="Amount applied for, in yuan, exact to the fen.")
    term_months: int = Field(ge=1, le=360)
    purpose: Literal["loan_application", "loan_monitoring"] = "loan_application"
    periodic: bool = Field(
        False, description="Whether the data may be read again while the consent is valid."
    )
    frequency: FrequencyIn = FrequencyIn()
    valid_days: int = Field(90, ge=1, le=1095, description="How long the consent is valid.")
    data_life_days: int = Field(365, ge=1, le=3650, description="How long the data are kept at most.")
    as_of: date | None = Field(None, description="For a back-test: the day that the score looks back from.")
    callback_url: str | None = Field(
        None, description="Where signed notices go (Standard Webhooks): https, at a public address."
    )

    def digest(self) -> str:
        """SHA-256 of what the caller said, however it was spelled."""
        said = self.model_dump(mode="json", exclude_unset=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def application(submitted: AuthorizationIn, caller: Caller, callback_hosts: frozenset[str]) -> Application:
    """Raises ``InvalidTaxpayerId``, ``RegionUndecided``, ``UnknownRegion``, ``UnknownScope``,
    ``InvalidRequest``, ``CallbackForbidden``."""
    company = taxpayer_id.parse(submitted.taxpayer_id)
    if submitted.callback_url is not None:
        check_callback(submitted.callback_url, callback_hosts)
    return Application(
        tenant=caller.tenant,
        taxpayer_id=company,
        region=region_of(company, submitted.region),
        scopes=_scopes(submitted),
        product=submitted.product,
        amount_fen=submitted.amount,
        term_months=submitted.term_months,
        purpose=submitted.purpose,
        periodic=submitted.periodic,
        frequency=Frequency(submitted.frequency.times, submitted.frequency.unit),
        valid_days=submitted.valid_days,
        data_life_days=submitted.data_life_days,
        as_of=submitted.as_of,
        callback_url=submitted.callback_url,
        callback_secret_ref=caller.webhook_secret_ref if submitted.callback_url else None,
    )


def _scopes(submitted: AuthorizationIn) -> dict[Dataset, Period]:
    ahead = submitted.valid_days if submitted.periodic else 0
    usual = default_period(today(), as_of=submitted.as_of, valid_days=ahead)
    if submitted.scopes is None:
        return dict.fromkeys(USUAL, usual)
    return periods(submitted.scopes, usual)


def periods(asked: list[ScopeIn], usual: Period) -> dict[Dataset, Period]:
    """The scopes by dataset, ``usual`` where no period is named. Raises ``UnknownScope``,
    ``InvalidRequest``."""
    if not asked or len({scope.dataset for scope in asked}) < len(asked):
        raise InvalidRequest("scopes: each dataset once, and at least one")
    return {_dataset(scope.dataset): _period(scope, usual) for scope in asked}


def _dataset(name: str) -> Dataset:
    try:
        return Dataset(name)
    except ValueError:
        raise UnknownScope(f"known are {', '.join(Dataset)}") from None


def _period(scope: ScopeIn, usual: Period) -> Period:
    end = scope.end or usual.end
    start = scope.start or (add_months(end, -MONTHS) if scope.end else usual.start)
    if end < start:
        raise InvalidRequest("scopes: a period ends before it starts")
    return Period(start=start, end=end)
